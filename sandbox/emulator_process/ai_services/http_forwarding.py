"""Passes HTTP requests on to the sidecar, and its replies back as they arrive."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Final

from sandbox.emulator_process.ai_services.upstream import Headers, Sidecar, UpstreamReply, UpstreamRequest

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

FIRST_ERROR: Final = 400


async def forward(sidecar: Sidecar, scope: Scope, receive: Receive, send: Send) -> None:
    """Ends the request to the sidecar when the client disconnects."""
    try:
        request = await UpstreamRequest.open(sidecar)
    except OSError as error:
        await answer_unreachable(send, error)
        return
    try:
        if await _passed_on(request, sidecar, scope, receive):
            await _relay(request, receive, send)
    finally:
        await request.close()


async def ask(sidecar: Sidecar, scope: Scope, body: bytes) -> tuple[UpstreamReply, bytes]:
    """Returns the sidecar's whole reply to a request. Raises OSError."""
    request = await UpstreamRequest.open(sidecar)
    try:
        await request.begin(scope["method"], target_of(scope), [*_headers(scope, len(body)), *sidecar.credentials])
        await request.write(body)
        await request.finish()
        reply = await request.reply()
        return reply, b"".join([piece async for piece in request.pieces()])
    finally:
        await request.close()


async def answer(send: Send, reply: UpstreamReply, body: bytes) -> None:
    """Sends a whole reply."""
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    await send({"type": "http.response.body", "body": body})


async def answer_unreachable(send: Send, error: Exception) -> None:
    message = f"The sandbox's sidecar does not answer ({error}); see the log of `longrun logs`, or start again."
    headers = [(b"content-type", b"application/json"), (b"x-amzn-errortype", b"ServiceUnavailableException")]
    await answer(send, UpstreamReply(503, headers), json.dumps({"message": message}).encode())


def target_of(scope: Scope) -> bytes:
    """Returns the path and the query as the client sent them: they may be signed."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return path.partition(b"?")[0] + (b"?" + query if query else b"")


def _headers(scope: Scope, length: int) -> Headers:
    kept = [pair for pair in scope["headers"] if pair[0] not in (b"content-length", b"transfer-encoding")]
    return [*kept, (b"content-length", str(length).encode())]


async def _passed_on(request: UpstreamRequest, sidecar: Sidecar, scope: Scope, receive: Receive) -> bool:
    """Sends the request on; returns False when the client disconnects before its end."""
    await request.begin(scope["method"], target_of(scope), [*scope["headers"], *sidecar.credentials])
    # The sidecar may answer, and close, before it has read all.
    with suppress(ConnectionError):
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return False
            await request.write(message.get("body", b""))
            if not message.get("more_body", False):
                await request.finish()
                break
    return True


async def _relay(request: UpstreamRequest, receive: Receive, send: Send) -> None:
    relaying = asyncio.create_task(_send_reply(request, send))
    leaving = asyncio.create_task(_disconnected(receive))
    try:
        await asyncio.wait([relaying, leaving], return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        if not relaying.done():
            relaying.cancel()
        await asyncio.wait([relaying, leaving])
    if not relaying.cancelled():
        relaying.result()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_reply(request: UpstreamRequest, send: Send) -> None:
    try:
        reply = await request.reply()
    except ConnectionError as error:
        await answer_unreachable(send, error)
        return
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    # Without a last body the server closes the connection in the middle, as the sidecar did.
    with suppress(ConnectionError):
        async for piece in request.pieces():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
