"""Journal first, then send: takes what the agent says and does, writes it in order, and hands it to the sender."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from contract.errors import ErrorCode, RunError
from contract.events import Event, EventType
from runtime.delivery.sender import PATIENCE, Sender
from runtime.engine.write_buffer import Entry, Outbox
from runtime.journal import LostEpoch, RunEnded, RunWriter
from runtime.logs import log
from runtime.threads import Threads

_RETRY_DELAYS: Final = (0.2, 1.0)
"""Seconds before the journal is tried again, after botocore's own attempts."""


class Recorder:
    """The way from the agent into the journal. `text` and `event` never block; a task writes behind them. `is_fenced`
    tells that the run belongs to another worker or has ended, `failure` that the journal could not be written: what
    comes after either is dropped."""

    def __init__(
        self,
        writer: RunWriter,
        sender: Sender,
        threads: Threads,
        saw: Callable[[Event], None],
        stopped: Callable[[], None],
    ) -> None:
        """`saw` is called with every event that is new in the journal, of whoever wrote it; `stopped` once when nothing
        more can be written."""
        self._writer = writer
        self._sender = sender
        self._threads = threads
        self._saw = saw
        self._stopped = stopped
        self._outbox = Outbox()
        self._wake = asyncio.Event()
        self._is_closing = False
        self._task: asyncio.Task[None] | None = None
        self.is_fenced = False
        self.failure: Exception | None = None

    def start(self) -> None:
        self._sender.on_settled = self._wake.set
        self._task = asyncio.create_task(self._record_all())

    def text(self, delta: str) -> None:
        if self._is_closing:
            return
        was_empty = self._outbox.is_empty
        self._outbox.add_text(delta)
        if was_empty or self._outbox.first_is_complete:
            self._wake.set()

    def event(self, event_type: EventType, data: Mapping[str, Any]) -> None:
        if self._is_closing:
            return
        self._outbox.add(Entry(event_type, data))
        self._wake.set()

    async def close(self) -> None:
        """Take no more, and wait until everything taken is written."""
        self._is_closing = True
        self._wake.set()
        if self._task is not None:
            await self._task

    async def finish(
        self, ending: EventType, data: Mapping[str, Any], usage: Mapping[str, int], error: Mapping[str, Any] | None
    ) -> None:
        """Write the event that ends the run, and publish it; nothing when the run is not ours to end. Raises botocore's
        error when the journal does not answer, RunError THROTTLED when it takes no more."""
        await self._conclude(partial(self._writer.finish, ending, data, usage, error))

    async def fail_step(self, data: Mapping[str, Any]) -> None:
        """Like finish, for the event that says why a background task is no success."""
        await self._conclude(partial(self._writer.append, EventType.AGENT_BACKGROUND_TASK_FAILED, data))

    async def complete_step(self, step: int, output: str, data: Mapping[str, Any], usage: Mapping[str, int]) -> None:
        """Like finish, for the step alone: the run may go on with the next, see RunWriter."""
        await self._conclude(partial(self._writer.complete_step, step, output, data, usage))

    async def _conclude(self, write: Callable[[], list[Event]]) -> None:
        if not self.is_fenced:
            await self._write(write)

    async def _record_all(self) -> None:
        try:
            while (entry := await self._next()) is not None and not self.is_fenced:
                await self._write(partial(self._writer.append, entry.type, entry.data))
        except Exception as error:
            log("worker.journal_failed", level="ERROR", exc_info=True)
            self.failure = error
            self._stop()

    async def _next(self) -> Entry | None:
        """The next entry once it is due, None after the last."""
        clock = asyncio.get_running_loop().time
        while True:
            if self._outbox.is_empty:
                if self._is_closing:
                    return None
                await self._wait(None)
                continue
            wait = self._outbox.due_at(self._sender.sent_at(clock())) - clock()
            if self._is_closing or self._outbox.first_is_complete or wait <= 0:
                return self._outbox.take()
            await self._wait(min(wait, PATIENCE))

    async def _wait(self, seconds: float | None) -> None:
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _write(self, write: Callable[[], list[Event]]) -> None:
        try:
            events = await self._write_with_patience(write)
        except RunEnded as ended:
            events = ended.events
            self.fence()
        except LostEpoch:
            self.fence()
            return
        self._sender.publish(events)
        for event in events:
            self._saw(event)

    async def _write_with_patience(self, write: Callable[[], list[Event]]) -> list[Event]:
        for delay in _RETRY_DELAYS:
            try:
                return await self._threads.run(write)
            except (BotoCoreError, ClientError, RunError) as error:
                if isinstance(error, RunError) and error.code is not ErrorCode.THROTTLED:
                    raise  # the run is not ours any more: asking again changes nothing
                # The writer knows an entry that it could not settle, so the same call does not write twice.
                log("worker.journal_retry", level="WARNING", exc_info=True)
                await asyncio.sleep(delay)
        return await self._threads.run(write)

    def fence(self) -> None:
        """The run is not ours any more: write nothing further."""
        self.is_fenced = True
        self._stop()

    def _stop(self) -> None:
        self._is_closing = True
        self._wake.set()
        self._stopped()
