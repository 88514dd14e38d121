"""Where the reply of an invocation goes piece by piece: from the thread of the invocation to the event loop."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

SEPARATOR: Final = bytes(8)
HTTP_REPLY: Final = "application/vnd.awslambda.http-integration-response"
"""The content type of a reply that begins with JSON, its status and headers, and eight zero bytes."""

_PIECES: Final = 64
_MOST: Final = 1024 * 1024
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class ReplyStart:
    """A header with several values has a list."""

    status: int = _OK
    headers: Mapping[str, Any] = field(default_factory=dict)


class ReplySink:
    """The event loop creates it and reads from it, the thread of the invocation writes. A slow reader slows the thread
    down; once the reader has left, what comes is dropped. `request_id` and `trace` are those of the event."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.began: asyncio.Future[ReplyStart] = self._loop.create_future()
        self.request_id = ""
        self.trace = ""
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(_PIECES)
        self._left = False
        self._taken = False

    def take(self) -> bool:
        """Returns whether the caller is the first one: what an invocation invokes has no part in its reply."""
        taken, self._taken = self._taken, True
        return not taken

    def begin(self, start: ReplyStart) -> None:
        self._loop.call_soon_threadsafe(self._begin, start)

    def add(self, piece: bytes) -> None:
        self._put(piece)

    def end(self) -> None:
        self._put(None)

    def leave(self) -> None:
        """Called in the event loop: nobody reads any more."""
        self._left = True
        while not self._pieces.empty():
            self._pieces.get_nowait()

    async def pieces(self) -> AsyncIterator[bytes]:
        while (piece := await self._pieces.get()) is not None:
            yield piece

    def _begin(self, start: ReplyStart) -> None:
        if not self.began.done():
            self.began.set_result(start)

    def _put(self, piece: bytes | None) -> None:
        if not self._left:
            asyncio.run_coroutine_threadsafe(self._put_soon(piece), self._loop).result()

    async def _put_soon(self, piece: bytes | None) -> None:
        if not self._left:
            await self._pieces.put(piece)


class PreludeReader:
    """Parts the beginning of a reply from its body."""

    def __init__(self, content_type: str) -> None:
        self._is_http = content_type == HTTP_REPLY
        self._read = b""
        self.start: ReplyStart | None = None if self._is_http else ReplyStart()

    def feed(self, piece: bytes) -> bytes:
        """Returns what belongs to the body. `start` is set from the first such piece on."""
        if self.start is not None:
            return piece
        self._read += piece
        head, separator, body = self._read.partition(SEPARATOR)
        if separator:
            self.start = _start_of(head)
        elif len(self._read) > _MOST:
            self.start, body = ReplyStart(), self._read
        return body

    def finish(self) -> bytes:
        """Returns the body of a reply that ended without a beginning."""
        if self.start is not None:
            return b""
        self.start = ReplyStart()
        return self._read


def _start_of(head: bytes) -> ReplyStart:
    told: Any = None
    with suppress(ValueError):
        told = json.loads(head)
    if not isinstance(told, dict):
        return ReplyStart()
    headers = {str(name).lower(): value for name, value in (told.get("headers") or {}).items()}
    if cookies := told.get("cookies"):
        headers["set-cookie"] = list(cookies)
    return ReplyStart(int(told.get("statusCode") or _OK), headers)


current_sink: Final[ContextVar[ReplySink | None]] = ContextVar("current_sink", default=None)
"""The sink for the invocation that starts in this context."""
