"""Calls the emulator with boto3 in threads, so that the sidecar's event loop is not blocked."""

import asyncio
from collections.abc import Callable
from threading import Lock
from typing import Any

from sandbox.access.keys import Keys

_TIMEOUT = 30.0
"""Seconds; the emulator has one event loop, which may be busy with other calls."""


class EmulatorCalls:
    """A client is created at the first call of its service; a sandbox without agents needs none."""

    def __init__(self, endpoint: str, region: str, keys: Keys) -> None:
        self._endpoint = endpoint
        self._region = region
        self._keys = keys
        self._clients: dict[str, Any] = {}
        self._lock = Lock()

    async def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401  boto3's
        """Returns the response; raises ClientError or BotoCoreError as boto3 does."""
        return await asyncio.to_thread(lambda: self._operation(service, operation)(**arguments))

    def download(self, bucket: str, key: str, into: Any) -> None:  # noqa: ANN401  a file to write to
        """Writes the object to the file `into`. Blocks; raises as `call` does."""
        body = self._operation("s3", "get_object")(Bucket=bucket, Key=key)["Body"]
        for chunk in body.iter_chunks(1024 * 1024):
            into.write(chunk)

    def _operation(self, service: str, name: str) -> Callable[..., Any]:
        with self._lock:  # making clients of one session is not thread-safe, using them is
            if service not in self._clients:
                self._clients[service] = self._client(service)
            operation: Callable[..., Any] = getattr(self._clients[service], name)
            return operation

    def _client(self, service: str) -> Any:  # noqa: ANN401  boto3 has a type for each service
        import boto3  # noqa: PLC0415  0.25 s, which a sandbox without agents saves
        from botocore.config import Config  # noqa: PLC0415

        # No proxies: the user's proxy cannot reach this machine's loopback address.
        config = Config(
            proxies={},
            connect_timeout=_TIMEOUT,
            read_timeout=_TIMEOUT,
            retries={"total_max_attempts": 2},
            s3={"addressing_style": "path"},
        )
        session = boto3.session.Session(self._keys.key_id, self._keys.secret, region_name=self._region)
        make: Callable[..., Any] = session.client
        return make(service, endpoint_url=self._endpoint, config=config)
