"""Passes WebSocket connections on to the sidecar: frames of both directions, close codes, and refused handshakes."""

import asyncio
from contextlib import suppress
from typing import Any, Final

from wsproto import ConnectionType, WSConnection, events  # type: ignore[import-not-found]
from wsproto.utilities import ProtocolError  # type: ignore[import-not-found]

from sandbox.emulator_process.ai_services.http_forwarding import Receive, Scope, Send, target_of
from sandbox.emulator_process.ai_services.upstream import Headers, Sidecar, end_to_end

_READ_BYTES: Final = 64 * 1024
_HANDSHAKE: Final = b"sec-websocket-"
_UNREACHABLE: Final = 1013
_ABNORMAL: Final = 1006
_NO_STATUS: Final = 1005
_BAD_GATEWAY: Final = 1011


class WebSocketForwarding:
    """One connection of a client, and its counterpart to the sidecar."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, receive: Receive, send: Send
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._receive = receive
        self._send = send
        self._upstream: Any = WSConnection(ConnectionType.CLIENT)
        self._is_accepted = False
        self._text: list[str] = []
        self._bytes: list[bytes] = []

    async def run(self, scope: Scope, credentials: Headers) -> None:
        """Returns when either side has closed."""
        target = target_of(scope).decode("latin-1")
        host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode()
        kept = [
            pair for pair in end_to_end(scope["headers"]) if not pair[0].startswith(_HANDSHAKE) and pair[0] != b"host"
        ]
        request = events.Request(
            host=host, target=target, subprotocols=scope.get("subprotocols", []), extra_headers=[*kept, *credentials]
        )
        await self._write(request)
        incoming = asyncio.create_task(self._from_sidecar())
        outgoing = asyncio.create_task(self._from_client())
        await asyncio.wait([incoming, outgoing], return_when=asyncio.FIRST_COMPLETED)
        for task in (incoming, outgoing):
            task.cancel()
        await asyncio.wait([incoming, outgoing])
        for task in (incoming, outgoing):
            if not task.cancelled():
                task.result()

    async def _from_client(self) -> None:
        await self._receive()  # websocket.connect, which the sidecar's answer answers
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                code = message.get("code") or _NO_STATUS
                with suppress(ProtocolError, OSError):
                    await self._write(events.CloseConnection(code=code, reason=message.get("reason") or None))
                return
            data = message.get("text")
            await self._write(events.BytesMessage(message["bytes"]) if data is None else events.TextMessage(data))

    async def _from_sidecar(self) -> None:
        is_open = True
        while is_open:
            data = await self._reader.read(_READ_BYTES)
            self._upstream.receive_data(data or None)
            for event in self._upstream.events():
                is_open = await self._handle(event) and is_open
            is_open = is_open and bool(data)

    async def _handle(self, event: Any) -> bool:  # noqa: ANN401  wsproto's events
        """Passes one event on; returns False after the last."""
        match event:
            case events.AcceptConnection():
                self._is_accepted = True
                await self._send(
                    {"type": "websocket.accept", "subprotocol": event.subprotocol, "headers": event.extra_headers}
                )
            case events.TextMessage():
                self._text.append(event.data)
                if event.message_finished:
                    await self._send({"type": "websocket.send", "text": "".join(self._text)})
                    self._text.clear()
            case events.BytesMessage():
                self._bytes.append(bytes(event.data))
                if event.message_finished:
                    await self._send({"type": "websocket.send", "bytes": b"".join(self._bytes)})
                    self._bytes.clear()
            case events.Ping():
                await self._write(event.response())
            case events.RejectConnection():
                await self._reject(event)
                return bool(event.has_body)
            case events.RejectData():
                body = {"body": bytes(event.data), "more_body": not event.body_finished}
                await self._send({"type": "websocket.http.response.body", **body})
                return not event.body_finished
            case events.CloseConnection():
                await self._close(event)
                return False
        return True

    async def _reject(self, event: Any) -> None:  # noqa: ANN401  as above
        headers = end_to_end(event.headers)
        await self._send({"type": "websocket.http.response.start", "status": event.status_code, "headers": headers})
        if not event.has_body:
            await self._send({"type": "websocket.http.response.body", "body": b""})

    async def _close(self, event: Any) -> None:  # noqa: ANN401  as above
        """Wire codes that no frame may have become one that may: the connection broke."""
        code = int(event.code)
        sent = {_ABNORMAL: _BAD_GATEWAY, _NO_STATUS: 1000}.get(code, code)
        await self._send({"type": "websocket.close", "code": sent, "reason": event.reason or ""})

    async def _write(self, event: Any) -> None:  # noqa: ANN401  as above
        self._writer.write(self._upstream.send(event))
        await self._writer.drain()


async def forward_websocket(sidecar: Sidecar, scope: Scope, receive: Receive, send: Send) -> None:
    """Closes the client's connection when the sidecar cannot be reached or breaks off."""
    try:
        reader, writer = await asyncio.open_connection(sidecar.host, sidecar.port)
    except OSError:
        await receive()
        await send({"type": "websocket.close", "code": _UNREACHABLE})
        return
    try:
        await WebSocketForwarding(reader, writer, receive, send).run(scope, sidecar.credentials)
    except (OSError, ProtocolError):
        with suppress(RuntimeError):  # the client has left, too
            await send({"type": "websocket.close", "code": _BAD_GATEWAY})
    finally:
        writer.close()
