"""Function URLs of images: the reply is sent as it comes."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from types import ModuleType
from typing import Any

import pytest

from sandbox.emulator_process.functions import image_functions, streamed_urls
from tests.sandbox.emulator_process.functions.sidecars import (
    END,
    HTTP_REPLY,
    Sidecar,
    data,
    error,
    ministack,
    start,
)

OF_THE_SERVER = {"content-length": "9", "date": "Mon, 30 Nov 2026 12:00:00 GMT", "server": "uvicorn"}
HEAD = {"statusCode": 201, "headers": {"content-type": "text/event-stream", **OF_THE_SERVER}, "cookies": ["a=1"]}
PRELUDE = json.dumps(HEAD).encode() + bytes(8)


class Streaming:
    """In the place of MiniStack's body of a reply that is sent in pieces."""

    def __init__(self, runner: Callable[..., Awaitable[None]]) -> None:
        self.runner = runner


def installed(mode: str = "RESPONSE_STREAM", **changed: object) -> ModuleType:
    module = ministack(mode, **changed)
    image_functions.install(module)
    streamed_urls.install(module, Streaming)
    return module


async def called(module: ModuleType, body: bytes = b"{}", url_id: str = "known", **headers: str) -> Any:  # noqa: ANN401
    """Status, headers and body."""
    call = vars(module)["handle_function_url_request"]
    return await asyncio.wait_for(call(url_id, "POST", "/", headers, body, {}), 20)


class Client:
    """Takes what is sent; `leave_after` pieces it is gone."""

    def __init__(self, leave_after: int | None = None) -> None:
        self.sent: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._left = leave_after

    async def send(self, message: Mapping[str, Any]) -> None:
        if self._left is not None and self.sent.qsize() >= self._left:
            raise ConnectionResetError
        await self.sent.put(message)

    async def body(self) -> bytes:
        return bytes((await asyncio.wait_for(self.sent.get(), 20))["body"])


def test_a_reply_is_sent_piece_by_piece(sidecar: Sidecar) -> None:
    async def scenario() -> None:
        sidecar.lines.put(start(HTTP_REPLY))
        for piece in (PRELUDE[:10], PRELUDE[10:] + b"first"):
            sidecar.lines.put(data(piece))

        status, headers, body = await called(installed(), origin="https://page")

        client = Client()
        sending = asyncio.create_task(body.runner(client.send, None))
        assert await client.body() == b"first"
        sidecar.answer(data(b"last"), END)
        assert await client.body() == b"last"
        assert await asyncio.wait_for(client.sent.get(), 20) == {
            "type": "http.response.body",
            "body": b"",
            "more_body": False,
        }
        await sending
        assert status == 201
        assert headers["content-type"] == "text/event-stream"
        assert (headers["set-cookie"], headers["access-control-allow-origin"]) == (["a=1"], "https://page")
        assert headers["x-amzn-requestid"] == "r1"
        assert headers["x-amzn-trace-id"].startswith("Root=1;Parent=")
        assert headers.keys().isdisjoint(OF_THE_SERVER)

    asyncio.run(scenario())


def test_an_error_in_the_middle_ends_the_reply(sidecar: Sidecar) -> None:
    async def scenario() -> None:
        sidecar.answer(start(HTTP_REPLY), data(PRELUDE + b"first"), error())

        _, _, body = await called(installed())

        client = Client()
        await asyncio.wait_for(body.runner(client.send, None), 20)
        assert [await client.body() for _ in range(2)] == [b"first", b""]

    asyncio.run(scenario())


def test_an_error_before_the_reply_is_the_reply(sidecar: Sidecar) -> None:
    sidecar.answer(start(HTTP_REPLY), data(PRELUDE[:5]), error())

    status, _, body = asyncio.run(called(installed()))

    assert (status, json.loads(body)["errorType"]) == (502, "Own.Error")


def test_a_reply_without_a_beginning_is_sent_as_it_is(sidecar: Sidecar) -> None:
    async def scenario() -> None:
        sidecar.answer(start(), data(b'{"statusCode": 404}'), END)

        status, headers, body = await called(installed())

        client = Client()
        await asyncio.wait_for(body.runner(client.send, None), 20)
        assert (status, headers["content-type"]) == (200, "application/octet-stream")
        assert await client.body() == b'{"statusCode": 404}'

    asyncio.run(scenario())


def test_a_function_whose_client_has_left_goes_on(sidecar: Sidecar) -> None:
    async def scenario() -> None:
        sidecar.answer(start(HTTP_REPLY), data(PRELUDE + b"first"), *[data(b"more")] * 200, END)

        _, _, body = await called(installed())

        client = Client(leave_after=1)
        await asyncio.wait_for(body.runner(client.send, None), 20)
        assert client.sent.qsize() == 1
        assert sidecar.lines.empty()

    asyncio.run(scenario())


def test_a_body_over_lambdas_limit_is_refused(sidecar: Sidecar) -> None:
    async def scenario() -> None:
        status, headers, body = await called(installed(), b"x" * 6 * 1024 * 1024)

        client = Client()
        await asyncio.wait_for(body.runner(client.send, None), 20)
        assert (status, headers["x-amzn-errortype"]) == (413, "RequestTooLargeException")
        assert b"must be smaller than 6291456 bytes" in await client.body()

    asyncio.run(scenario())
    assert sidecar.asked.empty()


@pytest.mark.parametrize(
    ("mode", "changed"), [("BUFFERED", {}), ("RESPONSE_STREAM", {"PackageType": "Zip", "proxy": "http://own"})]
)
def test_other_urls_are_left_to_ministack(sidecar: Sidecar, mode: str, changed: dict[str, object]) -> None:
    sidecar.answer(start(), data(b'"whole"'), END)

    status, _, body = asyncio.run(called(installed(mode, **changed)))

    assert (status, json.loads(body)) == (200, "proxied to http://own" if changed else "whole")


def test_an_unknown_ministack_is_refused() -> None:
    module = ministack()
    del vars(module)["_function_url_cors_headers"]

    with pytest.raises(ValueError, match="_function_url_cors_headers"):
        streamed_urls.install(module, Streaming)
