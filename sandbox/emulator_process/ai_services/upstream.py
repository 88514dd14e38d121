"""One HTTP request to the sidecar, whose reply is read piece by piece."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import h11

Headers = list[tuple[bytes, bytes]]

_READ_BYTES: Final = 64 * 1024
_HOP_BY_HOP: Final = frozenset(
    {b"connection", b"expect", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)


@dataclass(frozen=True, slots=True)
class Sidecar:
    """Its address, and the headers that show who calls."""

    host: str
    port: int
    credentials: Headers


@dataclass(frozen=True, slots=True)
class UpstreamReply:
    """The start of a reply; `is_complete` is set in the reply's last piece."""

    status: int
    headers: Headers


class UpstreamRequest:
    """A connection for one request. Close it in any case: that cancels what the sidecar still does."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=1024 * 1024)

    @classmethod
    async def open(cls, sidecar: Sidecar) -> "UpstreamRequest":
        """Raises OSError."""
        return cls(*await asyncio.open_connection(sidecar.host, sidecar.port))

    async def begin(self, method: str, target: bytes, headers: Headers) -> None:
        """Sends the start of the request. A body without a length is sent in chunks."""
        names = {name for name, _ in headers}
        if b"content-length" not in names and b"transfer-encoding" in names:
            headers = [*end_to_end(headers), (b"transfer-encoding", b"chunked")]
        else:
            headers = end_to_end(headers)
        request = h11.Request(method=method, target=target, headers=[*headers, (b"connection", b"close")])
        await self._send(request)

    async def write(self, data: bytes) -> None:
        if data:
            await self._send(h11.Data(data=data))

    async def finish(self) -> None:
        await self._send(h11.EndOfMessage())

    async def reply(self) -> UpstreamReply:
        """Waits for the start of the reply. Raises ConnectionError when there is none."""
        while True:
            event = await self._next()
            if isinstance(event, h11.Response):
                return UpstreamReply(event.status_code, end_to_end(event.headers))
            if not isinstance(event, h11.InformationalResponse):
                raise ConnectionError("the sidecar closed the connection")

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yields the body as it arrives. Raises ConnectionError for a reply that ends in the middle."""
        while True:
            event = await self._next()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return
            else:
                raise ConnectionError("the sidecar closed the connection in the middle of its reply")

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _send(self, event: Any) -> None:  # noqa: ANN401  h11 has no common class of events
        self._writer.write(self._http.send(event) or b"")
        await self._writer.drain()

    async def _next(self) -> Any:  # noqa: ANN401  h11's events
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(_READ_BYTES))
        except h11.RemoteProtocolError as error:
            raise ConnectionError(str(error)) from error
        return event


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Returns the headers that are not about the connection itself."""
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]
