"""A WebSocket connection with API Gateway's quotas, which MiniStack does not check.

A frame holds 32 KB and a message 128 KB. A larger one closes the connection with status 1009 as soon as its length is
known, so neither is read into memory. Larger messages to the client are sent in frames of 32 KB.
"""

from collections.abc import Iterator
from typing import Any, Final

from uvicorn.protocols.websockets import wsproto_impl
from wsproto import events  # type: ignore[import-not-found]
from wsproto.connection import ConnectionState  # type: ignore[import-not-found]
from wsproto.extensions import Extension  # type: ignore[import-not-found]
from wsproto.frame_protocol import CloseReason, Opcode  # type: ignore[import-not-found]

from policies.rules.aws_limits import WEBSOCKET_FRAME, WEBSOCKET_MESSAGE

_FRAME: Final = WEBSOCKET_FRAME.maximum
_MESSAGE: Final = WEBSOCKET_MESSAGE.maximum
_UTF8_BYTES: Final = 4
"""Of the longest character."""

_TOO_BIG: Final = f"A frame holds up to {_FRAME // 1024} KB, a message in several frames up to {_MESSAGE // 1024} KB"


class Quotas(Extension):  # type: ignore[misc]
    """Checks the length in the header of each frame from the client. No client offers an extension of that name."""

    name = "api-gateway-quotas"

    def __init__(self) -> None:
        self._message = 0

    def enabled(self) -> bool:
        return True

    def offer(self) -> bool:
        return False

    def frame_inbound_header(self, proto: Any, opcode: Any, rsv: Any, payload_length: int) -> Any:  # noqa: ANN401
        if not opcode.iscontrol():
            self._message = payload_length + (self._message if opcode is Opcode.CONTINUATION else 0)
            if payload_length > _FRAME or self._message > _MESSAGE:
                return CloseReason.MESSAGE_TOO_BIG
        return super().frame_inbound_header(proto, opcode, rsv, payload_length)


class GatewayConnection(wsproto_impl.WSProtocol):
    """Closes with a status after a frame that cannot be accepted; uvicorn would close without one."""

    _rejected = False

    def data_received(self, data: bytes) -> None:
        if not self._rejected:
            super().data_received(data)

    def handle_close(self, event: Any) -> None:  # noqa: ANN401  wsproto is installed in the emulator's environment
        # In any other state the event is the client's close frame.
        if self.conn.state is ConnectionState.OPEN and not self.close_sent:
            reason = _TOO_BIG if event.code == CloseReason.MESSAGE_TOO_BIG else event.reason
            self._reject(int(event.code), reason)
        else:
            super().handle_close(event)

    async def send(self, message: Any) -> None:  # noqa: ANN401  an ASGI message
        text = message.get("text") if message["type"] == "websocket.send" else None
        if text is not None and len(text) * _UTF8_BYTES > _FRAME and not self.disconnected and not self.close_sent:
            await self.writable.wait()
            self._send_in_frames(text)
        else:
            await super().send(message)

    def _reject(self, code: int, reason: str) -> None:
        """Sends the close frame, then drops what still arrives until the client has closed: if unread data remained,
        closing at once would reset the connection, and the client might never read the status."""
        self._rejected = self.close_sent = True
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if self.transport.is_closing():
            return
        self.transport.write(self.conn.send(events.CloseConnection(code=code, reason=reason)))
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.transport.write_eof()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)

    def _send_in_frames(self, text: str) -> None:
        """Without a pause in between, so that no other message gets among the frames."""
        if self.conn.state is not ConnectionState.OPEN or self.transport.is_closing():
            return
        pieces = list(_pieces(text))
        for number, piece in enumerate(pieces, 1):
            frame = events.TextMessage(data=piece, message_finished=number == len(pieces))
            self.transport.write(self.conn.send(frame))


def use_quotas() -> type[GatewayConnection]:
    """Returns the class for uvicorn's setting `ws`.

    uvicorn offers no setting for extensions of wsproto, but uses this name for the compression that it supports. API
    Gateway does not compress.
    """
    wsproto_impl.PerMessageDeflate = Quotas  # type: ignore[attr-defined]
    return GatewayConnection


def _pieces(text: str) -> Iterator[str]:
    """Cuts text into parts of at most a frame's length, between characters."""
    data = text.encode()
    start = 0
    while start < len(data):
        end = min(start + _FRAME, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:  # noqa: PLR2004  a byte within a character
            end -= 1
        yield data[start:end].decode()
        start = end
