"""Streams the replies of function URLs whose function is an image. MiniStack sends a reply when it is complete."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any, Final

from sandbox.emulator_process.emulated.known_module import replace, require_known
from sandbox.emulator_process.emulated.replies import Answer
from sandbox.emulator_process.functions.image_functions import is_image
from sandbox.emulator_process.functions.reply_sinks import ReplySink, ReplyStart, current_sink

_REQUEST: Final = "handle_function_url_request"
_REPLACED: Final = {
    _REQUEST: (
        "(url_id: str, method: str, path: str, headers: dict, body: bytes, query_params: dict, "
        "resolved: tuple | None = None, source_ip: str | None = None) -> tuple"
    ),
}
_USED: Final = ("resolve_function_url", "_get_func_record_for_ref_in_scope", "_function_url_cors_headers")
_STREAM: Final = "RESPONSE_STREAM"
_OF_THE_SERVER: Final = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})
"""Headers of a reply that are not the app's to set: its length is not known before its end."""

Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Stream = Callable[[Callable[[Send, Any], Awaitable[None]]], Any]


class StreamedUrls:
    """The replacement, with the name of the function that it replaces. `stream` makes MiniStack's body of a reply that
    is sent in pieces."""

    def __init__(self, module: ModuleType, stream: Stream) -> None:
        self._names = vars(module)
        self._original = self._names[_REQUEST]
        self._stream = stream

    async def handle_function_url_request(
        self,
        url_id: str,
        method: str,
        path: str,
        headers: Any,  # noqa: ANN401  MiniStack's own, as the next
        body: bytes,
        query_params: Any,  # noqa: ANN401
        resolved: Any = None,  # noqa: ANN401
        source_ip: str | None = None,
    ) -> Answer:
        """Returns a reply that has begun, or the whole reply of a call that has ended before that."""
        found = resolved or self._names["resolve_function_url"](url_id)

        async def serve() -> Answer:
            answer: Answer = await self._original(
                url_id, method, path, headers, body, query_params, resolved=found, source_ip=source_ip
            )
            return answer

        if found is None or not self._streams(found):
            return await serve()
        sink = ReplySink()
        token = current_sink.set(sink)
        try:
            calling = asyncio.create_task(serve())
        finally:
            current_sink.reset(token)
        either: list[asyncio.Future[Any]] = [calling, sink.began]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            sink.leave()
            raise
        if not sink.began.done():
            return calling.result()
        return self._begun(found[-1], sink, calling, headers)

    def _begun(
        self,
        config: Mapping[str, Any],
        sink: ReplySink,
        calling: "asyncio.Task[Answer]",
        asked: Any,  # noqa: ANN401  MiniStack's own
    ) -> Answer:
        start: ReplyStart = sink.began.result()
        given = {"content-type": "application/octet-stream", **start.headers}
        given = {name: value for name, value in given.items() if name not in _OF_THE_SERVER}
        cors = self._names["_function_url_cors_headers"](config, asked)
        given |= {name.lower(): value for name, value in cors.items()}
        given["x-amzn-requestid"] = sink.request_id
        given["x-amzn-trace-id"] = f"{sink.trace};Parent={secrets.token_hex(8)};Sampled=0"

        async def run(send: Send, _: object) -> None:
            await _send_all(sink, send)
            with suppress(Exception):  # the reply has begun, so that its error has nowhere to go
                await calling

        return start.status, given, self._stream(run)

    def _streams(self, found: Any) -> bool:  # noqa: ANN401  MiniStack's own
        account, region, name, qualifier, config = found
        if config.get("InvokeMode") != _STREAM:
            return False
        reference = f"{name}:{qualifier}" if qualifier else name
        _, function, _ = self._names["_get_func_record_for_ref_in_scope"](reference, account_id=account, region=region)
        return is_image(function or {})


async def _send_all(sink: ReplySink, send: Send) -> None:
    """Reads on where the client has left: Lambda does not tell the function."""
    gone = False
    try:
        async for piece in sink.pieces():
            if not gone:
                gone = not await _sent(send, piece, more=True)
    finally:
        sink.leave()
    if not gone:
        await _sent(send, b"", more=False)


async def _sent(send: Send, piece: bytes, more: bool) -> bool:
    try:
        await send({"type": "http.response.body", "body": piece, "more_body": more})
    except OSError:
        return False
    return True


def install(lambda_svc: ModuleType, stream: Stream) -> None:
    """Replaces a function of `services.lambda_svc`. Raises ValueError for an unknown version of it."""
    require_known(lambda_svc, "function URLs", _REPLACED, _USED)
    replace(lambda_svc, StreamedUrls(lambda_svc, stream), tuple(_REPLACED))
