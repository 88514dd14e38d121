"""The connection to a deployment: one socket at a time, reopened when it is lost, with pings while it is idle."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from client._errors import ClosedError, ConnectionRejectedError, LongrunError, ProtocolError, UnreachableError
from client._target import Target
from client._timing import Timing
from contract.loopback import LOOPBACK
from contract.sandbox_access import without_secret

_LONGEST_LOCAL_PAUSE: Final = 1.0
"""Seconds. There is no network to this machine itself: a server that is away longer was stopped."""

_TOO_MANY_REQUESTS: Final = 429
_SERVER_ERROR: Final = 500

Receive = Callable[[Mapping[str, Any]], None]


class Socket:
    """An open WebSocket. The future `lost` is done when it has ended."""

    def __init__(self, client: ClientConnection) -> None:
        self._socket = client
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def send(self, frame: Mapping[str, Any]) -> None:
        """Send the frame; it is dropped if the socket has ended, see `lost`."""
        with suppress(ConnectionClosed):
            await self._socket.send(json.dumps(frame, ensure_ascii=False))

    async def drop(self) -> None:
        """Close this socket; the connection opens another one."""
        await self._socket.close()

    async def read(self, receive: Callable[[str | bytes], None], keep_alive: float) -> None:
        """Pass every message to `receive` until the socket ends."""
        pinging = asyncio.create_task(self._keep_alive(keep_alive))
        try:
            with suppress(ConnectionClosed):
                async for message in self._socket:
                    receive(message)
        finally:
            pinging.cancel()
            self.lost.set_result(None)
            await self._socket.close()

    async def _keep_alive(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self.send({"action": "ping"})


class Connection:
    """Keeps a socket to the target open. Calls `receive` with every frame and `failed` when it gives up."""

    def __init__(
        self, target: Target, timing: Timing, receive: Receive, failed: Callable[[LongrunError], None]
    ) -> None:
        self._target = target
        self._timing = timing
        self._is_local = urlsplit(target.url).hostname in LOOPBACK
        self._pauses = tuple(pause for pause in timing.reconnect if not self._is_local or pause <= _LONGEST_LOCAL_PAUSE)
        self._receive = receive
        self._failed = failed
        self._attempts = 0  # since the last frame: a server that accepts sockets and closes them is also given up
        self._opened: asyncio.Future[Socket] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the first socket, without retries.

        Raises UnreachableError, ConnectionRejectedError, CredentialsError or ProtocolError.
        """
        first = await self._connect()
        self._opened.set_result(first)
        self._task = asyncio.create_task(self._keep_open(first))

    async def socket(self) -> Socket:
        """The open socket; waits while it is being reopened. LongrunError after the connection was given up."""
        return await asyncio.shield(self._opened)

    async def close(self) -> None:
        """Close the socket and give up."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._give_up(ClosedError())

    async def _keep_open(self, current: Socket) -> None:
        try:
            while True:
                await current.read(self._read, self._timing.keep_alive)
                self._opened = asyncio.get_running_loop().create_future()
                current = await self._reconnect()
                self._opened.set_result(current)
        except LongrunError as error:
            self._give_up(error)

    async def _reconnect(self) -> Socket:
        error: LongrunError = UnreachableError(self._target.shown, "the connection was lost")
        for pause in self._pauses[self._attempts :]:
            self._attempts += 1
            await asyncio.sleep(pause)
            try:
                return await self._connect()
            except UnreachableError as failure:
                error = failure
        raise error

    async def _connect(self) -> Socket:
        url = self._target.shown
        opening: Awaitable[ClientConnection] = connect(
            await self._target.connect_url(),
            additional_headers=self._target.connect_headers(),
            compression=None,
            proxy=None if self._is_local else True,
        )
        try:
            return Socket(await opening)
        except InvalidStatus as error:
            status = error.response.status_code
            if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR:
                raise UnreachableError(url, f"HTTP {status}") from error
            raise ConnectionRejectedError(url, status, self._target.rejection_reason) from error
        except (InvalidURI, InvalidHandshake) as error:
            raise ProtocolError(url, without_secret(str(error))) from error
        except (OSError, TimeoutError, EOFError) as error:
            raise UnreachableError(url, _reason(error)) from error

    def _read(self, message: str | bytes) -> None:
        self._attempts = 0
        try:
            frame = json.loads(message)
        except (ValueError, RecursionError):  # RecursionError for deeply nested brackets
            frame = None
        if not isinstance(frame, dict):
            raise ProtocolError(self._target.shown, "a frame is not a JSON object")
        self._receive(frame)

    def _give_up(self, error: LongrunError) -> None:
        if self._opened.done():
            self._opened = asyncio.get_running_loop().create_future()
        self._opened.set_exception(error)
        self._opened.exception()  # marks it as retrieved: no request may be waiting
        self._failed(error)


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    if isinstance(error, TimeoutError):
        return "it timed out"
    if isinstance(error, socket.gaierror):
        return "its host name is not known"
    return str(error) or type(error).__name__
