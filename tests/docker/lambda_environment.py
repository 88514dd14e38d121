"""Images in the place of Lambda: each container has the genuine web adapter beside its app, and a Runtime API."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, Final, TypeVar

from components.container_image.verification.__main__ import ADAPTER
from components.image_config import ImageConfig
from policies.rules.aws_limits import LAMBDA_INIT_SECONDS
from sandbox.sidecar.image_functions.function import SEPARATOR, ImageFunction, Invocation, Reply
from sandbox.sidecar.image_functions.runtime_api import RuntimeApi
from sandbox.sidecar.image_functions.runtime_exchanges import Exchanges
from sandbox.sidecar.image_functions.variables import free_port, function_variables
from tests.docker.engine import Engine
from tests.sandbox.sidecar.image_functions.stage import STREAMS

ARN: Final = "arn:aws:lambda:us-east-1:000000000000:function:streaming"
_HOST: Final = "url.lambda-url.us-east-1.on.aws"
_PATIENCE: Final = 60.0
_TIMEOUT: Final = 120

T = TypeVar("T")


def url_event(
    path: str, method: str = "GET", body: object = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The event of a request to a function URL, with all that Lambda puts into it."""
    path, _, query = path.partition("?")
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test"}
    context = {
        "accountId": "anonymous",
        "apiId": "url",
        "domainName": _HOST,
        "domainPrefix": "url",
        "http": http,
        "requestId": str(uuid.uuid4()),
        "routeKey": "$default",
        "stage": "$default",
        "time": "30/Nov/2026:12:00:00 +0000",
        "timeEpoch": 1796040000000,
    }
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": _HOST, **(headers or {})},
        "requestContext": context,
        "isBase64Encoded": False,
    }
    if body is not None:
        event["headers"]["content-type"] = "application/json"
        event["body"] = json.dumps(body)
    return event


@dataclass
class HttpReply:
    """A streamed reply to a URL's request, as it comes."""

    loop: "RuntimeLoop"
    pieces: AsyncIterator[bytes]
    received: bytes = b""

    def until(self, text: bytes) -> None:
        """Reads until the body has the text, and not further."""
        while text not in self.body:
            piece = self.loop.run(_next(self.pieces))
            assert piece is not None, f"the reply ended without {text!r}: {self.received!r}"
            self.received += piece

    def rest(self) -> "HttpReply":
        """Reads to the end."""
        while (piece := self.loop.run(_next(self.pieces))) is not None:
            self.received += piece
        return self

    @property
    def head(self) -> dict[str, Any]:
        """`statusCode` and `headers`."""
        return dict(json.loads(self.received.partition(SEPARATOR)[0]))

    @property
    def body(self) -> bytes:
        return self.received.partition(SEPARATOR)[2]

    @property
    def json(self) -> Any:  # noqa: ANN401  JSON
        return json.loads(self.body)


@dataclass(frozen=True)
class LambdaEnvironment:
    """A container that waits for events; `log` is the adapter's."""

    loop: "RuntimeLoop"
    exchanges: Exchanges
    container: str
    log: Path

    def invoke(self, event: object) -> Reply:
        """A reply that has begun. Raises FunctionError."""
        deadline = int((time.time() + _TIMEOUT) * 1000)
        invocation = Invocation(str(uuid.uuid4()), json.dumps(event).encode(), ARN, "Root=1-0-0;Sampled=0", deadline)
        return self.loop.run(self.exchanges.invoke(invocation))

    def request(
        self, path: str, method: str = "GET", body: object = None, headers: Mapping[str, str] | None = None
    ) -> HttpReply:
        """A reply whose head has arrived."""
        reply = HttpReply(self.loop, self.invoke(url_event(path, method, body, headers)).pieces)
        while SEPARATOR not in reply.received:
            piece = self.loop.run(_next(reply.pieces))
            assert piece is not None, f"the reply has no head: {reply.received!r}"
            reply.received += piece
        return reply


class RuntimeLoop:
    """Runtime APIs on an event loop of their own. Close it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="runtime-api")
        self._thread.start()
        self._api = RuntimeApi()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, _PATIENCE), self._loop).result()

    @contextmanager
    def environment(
        self,
        engine: Engine,
        image: str,
        log: Path,
        variables: Mapping[str, str] | None = None,
        config: ImageConfig | None = None,
    ) -> Iterator[LambdaEnvironment]:
        """An environment whose app is ready. Fails after Lambda's limit for the initialization."""
        exchanges, address = self.run(self._add())
        given = function_variables(_function(image, {**STREAMS, **(variables or {})}), address, "stream", free_port())
        with engine.running(image, given, config) as container:
            adapter = engine.beside(container, ADAPTER, log)
            try:
                waited = self.run(_asked(exchanges))
                logs = f"{engine.run('logs', container).output}\n{log.read_text()}" if not waited else ""
                assert waited, f"{image} was not ready within {LAMBDA_INIT_SECONDS.maximum} s: {logs}"
                yield LambdaEnvironment(self, exchanges, container, log)
            finally:
                self.run(self._remove(address))
                engine.run("kill", container)
                adapter.wait(_PATIENCE)

    def close(self) -> None:
        self.run(self._api.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()

    async def _add(self) -> tuple[Exchanges, str]:
        exchanges = Exchanges("streaming", "$LATEST")
        return exchanges, await self._api.add(exchanges, own_port=True)

    async def _remove(self, address: str) -> None:
        self._api.remove(address)


async def _next(pieces: AsyncIterator[bytes]) -> bytes | None:
    return await anext(pieces, None)


async def _asked(exchanges: Exchanges) -> bool:
    """Whether the adapter has asked for an event in time, which it does when the app is ready."""
    done, _ = await asyncio.wait([exchanges.asked], timeout=LAMBDA_INIT_SECONDS.maximum)
    return bool(done)


def _function(image: str, variables: Mapping[str, str]) -> ImageFunction:
    return ImageFunction(
        name="streaming",
        arn=ARN,
        version="$LATEST",
        image=image,
        words=(),
        variables=variables,
        memory=1_024,
        timeout=_TIMEOUT,
        log_group="/aws/lambda/streaming",
    )
