"""One socket at a time, kept open: opened again when it is lost, kept alive while nothing is said."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from client.errors import ClosedError, LongrunError, ProtocolError, RefusedError, UnreachableError
from client.loopback import LOOPBACK
from client.target import Target
from client.timing import Timing

_LONGEST_LOCAL_PAUSE: Final = 1.0
"""No network lies between this machine and itself: what is away for seconds was stopped."""

_TOO_MANY_REQUESTS: Final = 429
_SERVER_ERROR: Final = 500

Receive = Callable[[Mapping[str, Any]], None]


class Connection:
    """One socket's life. `lost` is done once it has ended."""

    def __init__(self, client: ClientConnection) -> None:
        self._socket = client
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def send(self, frame: Mapping[str, Any]) -> None:
        """A frame that comes too late is dropped: `lost` tells."""
        with suppress(ConnectionClosed):
            await self._socket.send(json.dumps(frame, ensure_ascii=False))

    async def drop(self) -> None:
        """End this socket; the link opens another."""
        await self._socket.close()

    async def read(self, receive: Callable[[str | bytes], None], keep_alive: float) -> None:
        """Hand on every message until the socket ends."""
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


class Link:
    """Keeps a connection to the target. `receive` gets every frame, `failed` is told when it is given up."""

    def __init__(
        self, target: Target, timing: Timing, receive: Receive, failed: Callable[[LongrunError], None]
    ) -> None:
        self._target = target
        self._timing = timing
        self._is_local = urlsplit(target.url).hostname in LOOPBACK
        self._pauses = tuple(pause for pause in timing.reconnect if not self._is_local or pause <= _LONGEST_LOCAL_PAUSE)
        self._receive = receive
        self._failed = failed
        self._attempts = 0  # since something was heard: a server that takes sockets and ends them is given up too
        self._opened: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the first socket. Raises what keeps it shut at once, without trying again."""
        connection = await self._connect()
        self._opened.set_result(connection)
        self._task = asyncio.create_task(self._keep_open(connection))

    async def connection(self) -> Connection:
        """The open connection, waiting for it to be opened again if need be. LongrunError once it is given up."""
        return await asyncio.shield(self._opened)

    async def close(self) -> None:
        """End the socket and give up."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._give_up(ClosedError())

    async def _keep_open(self, connection: Connection) -> None:
        try:
            while True:
                await connection.read(self._read, self._timing.keep_alive)
                self._opened = asyncio.get_running_loop().create_future()
                connection = await self._reconnect()
                self._opened.set_result(connection)
        except LongrunError as error:
            self._give_up(error)

    async def _reconnect(self) -> Connection:
        error: LongrunError = UnreachableError(self._target.url, "the connection was lost")
        for pause in self._pauses[self._attempts :]:
            self._attempts += 1
            await asyncio.sleep(pause)
            try:
                return await self._connect()
            except UnreachableError as problem:
                error = problem
        raise error

    async def _connect(self) -> Connection:
        url = self._target.url
        opening: Awaitable[ClientConnection] = connect(
            await self._target.connect_url(), compression=None, proxy=None if self._is_local else True
        )
        try:
            return Connection(await opening)
        except InvalidStatus as error:
            status = error.response.status_code
            if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR:
                raise UnreachableError(url, f"HTTP {status}") from error
            raise RefusedError(url, status) from error
        except (InvalidURI, InvalidHandshake) as error:
            raise ProtocolError(url, str(error)) from error
        except (OSError, TimeoutError, EOFError) as error:
            raise UnreachableError(url, _reason(error)) from error

    def _read(self, message: str | bytes) -> None:
        self._attempts = 0
        try:
            frame = json.loads(message)
        except (ValueError, RecursionError):  # the latter for a deep nest of brackets
            frame = None
        if not isinstance(frame, dict):
            raise ProtocolError(self._target.url, "it sent a frame that is not a JSON object")
        self._receive(frame)

    def _give_up(self, error: LongrunError) -> None:
        if self._opened.done():
            self._opened = asyncio.get_running_loop().create_future()
        self._opened.set_exception(error)
        self._opened.exception()  # marks it as seen: nobody may be waiting
        self._failed(error)


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    if isinstance(error, TimeoutError):
        return "it timed out"
    if isinstance(error, socket.gaierror):
        return "its host name is not known"
    return str(error) or type(error).__name__
