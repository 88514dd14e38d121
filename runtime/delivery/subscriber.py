"""One connection that follows a live run: its cursor, and the task that advances it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from contract.errors import ErrorCode
from contract.events import Event, EventType
from runtime.delivery import frames
from runtime.delivery.connections import NotDeliveredError
from runtime.delivery.event_buffer import EventBuffer
from runtime.process.logs import log

_FIRST_BACKOFF: Final = 0.2
_LONGEST_BACKOFF: Final = 5.0

Post = Callable[[str, bytes], Awaitable[bool]]
"""Sends a frame to a connection; False when it is gone, NotDeliveredError when that is not known."""


class Subscriber:
    """Sends one connection the events after its cursor, in order, one at a time."""

    def __init__(
        self, connection_id: str, cursor: int, buffer: EventBuffer, post: Post, moved: Callable[["Subscriber"], None]
    ) -> None:
        """`moved` is called after every event that was delivered, and when the connection turns out to be gone."""
        self.connection_id = connection_id
        self.cursor = cursor
        self.is_gone = False
        self.is_slow = False
        self._buffer = buffer
        self._post = post
        self._moved = moved
        self._news = asyncio.Event()
        self._arrived = asyncio.Event()
        self._line = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @property
    def has_all(self) -> bool:
        return self.is_gone or self.cursor >= self._buffer.last_seq

    def start(self) -> None:
        self._task = asyncio.create_task(self._serve())

    def stop(self) -> None:
        """Send no more. A post that is under way in its thread still ends."""
        if self._task is not None:
            self._task.cancel()

    async def halt(self) -> None:
        """Send no more, after the frame that is on its way has arrived or failed: then the cursor is right."""
        async with self._line:
            self.stop()

    def wake(self) -> None:
        """There are new events."""
        self._arrived.clear()
        self._news.set()

    def move_to(self, cursor: int) -> None:
        """Continue from there: the client asked again."""
        self.cursor = cursor
        self.wake()

    async def caught_up(self) -> None:
        """Wait until everything there is now has been delivered, or the connection is gone."""
        while not self.has_all:
            await self._arrived.wait()

    async def _serve(self) -> None:
        while not self.is_gone:
            self._news.clear()
            for event in await self._next():
                if not await self._deliver(event):
                    break
            if self.has_all:
                self._arrived.set()
                await self._news.wait()

    async def _next(self) -> tuple[Event, ...]:
        try:
            return tuple(await self._buffer.after(self.cursor))
        except Exception:
            # The journal did not respond: the run continues, and so does this connection once the journal responds.
            log("worker.catch_up_failed", level="WARNING", connection_id=self.connection_id, exc_info=True)
            await asyncio.sleep(_FIRST_BACKOFF)
            return ()

    async def _deliver(self, event: Event) -> bool:
        """Whether the next event may follow."""
        before = self.cursor
        for frame in frames_of(event):
            if not await self._post_until_settled(frame):
                self.is_gone = True
                self._arrived.set()
                self._moved(self)
                return False
        if self.cursor != before:
            return False
        self.cursor = event.seq
        self._moved(self)
        return True

    async def _post_until_settled(self, frame: bytes) -> bool:
        # No frame may be skipped or overtaken, so the same one is retried until the run's end.
        backoff = _FIRST_BACKOFF
        while True:
            try:
                async with self._line:
                    return await self._post(self.connection_id, frame)
            except NotDeliveredError as error:
                log("worker.not_delivered", level="WARNING", connection_id=self.connection_id, reason=str(error))
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, _LONGEST_BACKOFF)


def frames_of(event: Event) -> list[bytes]:
    """The frames of one event; a run out of time also gets an error frame, before its final event."""
    if event.type is EventType.RUN_TIMED_OUT:
        error = frames.error(ErrorCode.TIMED_OUT, str(event.data["error"]), event.run_id)
        return [error, frames.event(event)]
    return [frames.event(event)]
