"""The invocations of one environment, between those who invoke the function and the runtime that asks for events."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Final

from sandbox.sidecar.image_functions.function import FunctionError, Invocation, LostError, Reply

_PIECES: Final = 64
_ENDED: Final = LostError("Runtime.ExitError", "Runtime exited without providing a reason")


class Exchange:
    """One invocation and its reply. A reply that is read slowly is sent slowly."""

    def __init__(self, invocation: Invocation) -> None:
        self.invocation = invocation
        self.began: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._pieces: asyncio.Queue[bytes | FunctionError | None] = asyncio.Queue(_PIECES)
        self._failed: asyncio.Future[FunctionError] = asyncio.get_running_loop().create_future()

    def begin(self, content_type: str) -> bool:
        """Begins the reply; returns False where there is one."""
        if self.began.done():
            return False
        self.began.set_result(content_type)
        return True

    async def add(self, piece: bytes) -> None:
        await self._put(piece)

    async def end(self, error: FunctionError | None = None) -> None:
        await self._put(error)

    def fail(self, error: FunctionError) -> None:
        """Fails the invocation at once; without effect where it has failed."""
        if not self._failed.done():
            self._failed.set_result(error)
        if not self.began.done():
            self.began.set_exception(error)

    async def reply(self) -> Reply:
        """Waits for the beginning of the reply. Raises FunctionError."""
        return Reply(await self.began, self._read())

    async def _put(self, piece: bytes | FunctionError | None) -> None:
        putting = asyncio.ensure_future(self._pieces.put(piece))
        either: list[asyncio.Future[Any]] = [putting, self._failed]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        putting.cancel()

    async def _get(self) -> bytes | FunctionError | None:
        if not self._pieces.empty():
            return self._pieces.get_nowait()
        getting = asyncio.ensure_future(self._pieces.get())
        either: list[asyncio.Future[Any]] = [getting, self._failed]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if getting.done():
            return getting.result()
        getting.cancel()
        return self._failed.result()

    async def _read(self) -> AsyncIterator[bytes]:
        while True:
            piece = await self._get()
            if piece is None:
                return
            if isinstance(piece, FunctionError):
                raise piece
            yield piece


class Exchanges:
    """Hands each invocation to a runtime that waits for one. `asked` is done at the first request for an event, or has
    the error of the initialization."""

    def __init__(self, name: str, version: str) -> None:
        self.name = name
        self.version = version
        self.asked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._open: dict[str, Exchange] = {}
        self._new: deque[Exchange] = deque()
        self._waiting: deque[asyncio.Future[Exchange]] = deque()

    async def invoke(self, invocation: Invocation) -> Reply:
        """Waits for the beginning of the reply. Raises FunctionError."""
        if self.ended.done():
            raise _ENDED
        exchange = Exchange(invocation)
        self._open = {invocation.request_id: exchange}  # an environment has one at a time
        self._new.append(exchange)
        self._hand_over()
        return await exchange.reply()

    def wait(self) -> "asyncio.Future[Exchange]":
        """A future for the next invocation. Whoever leaves calls `leave`."""
        if not self.asked.done():
            self.asked.set_result(None)
        waiter: asyncio.Future[Exchange] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._hand_over()
        return waiter

    def leave(self, waiter: "asyncio.Future[Exchange]") -> None:
        """Takes back what was handed to a waiter that has left."""
        if not waiter.done():
            waiter.cancel()
        elif not waiter.cancelled() and not waiter.result().began.done():
            self._new.appendleft(waiter.result())
        self._hand_over()

    def find(self, request_id: str) -> Exchange | None:
        """The open invocation, if it has that id."""
        return self._open.get(request_id)

    def fail_init(self, error: FunctionError) -> None:
        if not self.asked.done():
            self.asked.set_exception(error)

    def end(self) -> None:
        """Fails what is open: the environment has ended."""
        if not self.ended.done():
            self.ended.set_result(None)
        for exchange in self._open.values():
            exchange.fail(_ENDED)
        for waiter in self._waiting:
            waiter.cancel()

    def _hand_over(self) -> None:
        while self._new and self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(self._new.popleft())
