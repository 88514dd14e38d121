"""Where event data goes that is too large for an item of the table."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class PayloadStore(Protocol):
    """Bytes by key. Both calls may raise what the store's client raises."""

    def put(self, key: str, body: bytes) -> None: ...

    def get(self, key: str) -> bytes: ...


class S3Payloads:
    """The payload bucket. Its client is made at the first large payload: few runs have one, every start would pay."""

    def __init__(self, bucket: str, client: S3Client | None = None) -> None:
        self._bucket = bucket
        self._client = client
        self._lock = Lock()

    def put(self, key: str, body: bytes) -> None:
        self._s3().put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json")

    def get(self, key: str) -> bytes:
        return self._s3().get_object(Bucket=self._bucket, Key=key)["Body"].read()

    def _s3(self) -> S3Client:
        with self._lock:
            if self._client is None:
                from runtime.process.aws_clients import minimal_client  # noqa: PLC0415  paid by those who need it

                # the default of a minute, five times over, would outlast a gateway and a worker's last seconds
                self._client = minimal_client("s3", attempts=3)
            return self._client
