"""Journal first, then send: takes the agent's output, writes it in order, and passes it to the sender."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from contract.errors import ErrorCode, RunError
from contract.events import Event, EventType
from contract.questions import Question
from runtime.delivery.sender import PATIENCE, Sender
from runtime.engine.write_buffer import BufferedEvent, WriteBuffer
from runtime.journal import Head, LostEpoch, RunEnded, RunWriter
from runtime.process.logs import log
from runtime.process.threads import Threads

_RETRY_DELAYS: Final = (0.2, 1.0)
"""Seconds before the journal is tried again, after botocore's own attempts."""

Usage = Mapping[str, int]
"""What a run has used: tokens and model calls."""


class EventWriter:
    """Writes the agent's events to the journal. `text` and `event` never block; a task writes after them. `is_fenced`
    means that the run belongs to another worker or has ended, `failure` that the journal could not be written: what
    comes after either is dropped."""

    def __init__(
        self,
        writer: RunWriter,
        sender: Sender,
        threads: Threads,
        on_event: Callable[[Event], None],
        on_stopped: Callable[[], None],
        text_fields: Mapping[str, Any] | None = None,
    ) -> None:
        """`on_event` is called with every event that is new in the journal, whichever process wrote it; `on_stopped`
        once when nothing more can be written. Every TEXT has the `text_fields` too."""
        self._writer = writer
        self._sender = sender
        self._threads = threads
        self._on_event = on_event
        self._on_stopped = on_stopped
        self._buffer = WriteBuffer(text_fields)
        self._wake = asyncio.Event()
        self._written = asyncio.Event()
        self._written.set()
        self._is_closing = False
        self._task: asyncio.Task[None] | None = None
        self.is_fenced = False
        self.failure: Exception | None = None

    def start(self) -> None:
        self._sender.on_settled = self._wake.set
        self._task = asyncio.create_task(self._write_all())

    def text(self, delta: str) -> None:
        if self._is_closing:
            return
        was_empty = self._buffer.is_empty
        self._buffer.add_text(delta)
        self._written.clear()
        if was_empty or self._buffer.first_is_complete:
            self._wake.set()

    def event(self, event_type: EventType, data: Mapping[str, Any]) -> None:
        if self._is_closing:
            return
        self._buffer.add(BufferedEvent(event_type, data))
        self._written.clear()
        self._wake.set()

    async def written(self) -> None:
        """Wait until everything taken so far is in the journal, or can no longer be written."""
        await self._written.wait()

    async def close(self) -> None:
        """Take no more, and wait until everything taken is written."""
        self._is_closing = True
        self._wake.set()
        if self._task is not None:
            await self._task

    async def finish(
        self, final_event: EventType, data: Mapping[str, Any], usage: Mapping[str, int], error: Mapping[str, Any] | None
    ) -> None:
        """Write the event that ends the run, and publish it; nothing where another worker has the run. Raises
        botocore's error when the journal does not respond, RunError THROTTLED when it accepts no more requests."""
        await self._conclude(partial(self._writer.finish, final_event, data, usage, error))

    async def fail_step(self, data: Mapping[str, Any]) -> None:
        """Like finish, for the event with the reason why a background task failed."""
        await self._conclude(partial(self._writer.append, EventType.AGENT_BACKGROUND_TASK_FAILED, data))

    async def complete_step(self, step: int, output: str, data: Mapping[str, Any], usage: Mapping[str, int]) -> None:
        """Like finish, for the step alone: the run may continue with the next, see RunWriter."""
        await self._conclude(partial(self._writer.complete_step, step, output, data, usage))

    async def ask(
        self, head: Head, questions: Sequence[tuple[Question, str]], deadline_at: float, step: int, usage: Usage | None
    ) -> Mapping[str, object] | None:
        """Ask these, after everything taken so far, see RunWriter.ask; returns the answers that were given ahead of
        time. None where the run belongs to another worker or has ended. Raises what kept the journal from being
        written."""
        await self.written()
        answers: dict[str, object] = {}

        def write() -> list[Event]:
            events, given = self._writer.ask(head, questions, deadline_at, step, usage=usage)
            answers.update(given)
            return events

        await self._conclude(write)
        return None if self.is_fenced else answers

    async def _conclude(self, write: Callable[[], list[Event]]) -> None:
        if not self.is_fenced:
            await self._write(write)

    async def _write_all(self) -> None:
        try:
            while (event := await self._next()) is not None and not self.is_fenced:
                await self._write(partial(self._writer.append, event.type, event.data))
                if self._buffer.is_empty:
                    self._written.set()
        except Exception as error:
            log("worker.journal_failed", level="ERROR", exc_info=True)
            self.failure = error
            self._stop()
        finally:
            self._written.set()

    async def _next(self) -> BufferedEvent | None:
        """The next event once it is due, None after the last."""
        clock = asyncio.get_running_loop().time
        while True:
            if self._buffer.is_empty:
                if self._is_closing:
                    return None
                await self._wait(None)
                continue
            wait = self._buffer.due_at(self._sender.sent_at(clock())) - clock()
            if self._is_closing or self._buffer.first_is_complete or wait <= 0:
                return self._buffer.take()
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
            # Who wrote the end may have sent it: the head then names no subscribers, see Broadcaster.finish.
            self.fence()
            for event in ended.events:
                self._on_event(event)
            return
        except LostEpoch:
            self.fence()
            return
        self._sender.publish(events)
        for event in events:
            self._on_event(event)

    async def _write_with_patience(self, write: Callable[[], list[Event]]) -> list[Event]:
        for delay in _RETRY_DELAYS:
            try:
                return await self._threads.run(write)
            except (BotoCoreError, ClientError, RunError) as error:
                if isinstance(error, RunError) and error.code is not ErrorCode.THROTTLED:
                    raise  # another worker has the run: a retry changes nothing
                # The writer remembers an event that it could not settle, so the same call does not write twice.
                log("worker.journal_retry", level="WARNING", exc_info=True)
                await asyncio.sleep(delay)
        return await self._threads.run(write)

    def fence(self) -> None:
        """Another worker has the run: write nothing more."""
        self.is_fenced = True
        self._stop()

    def _stop(self) -> None:
        self._is_closing = True
        self._wake.set()
        self._on_stopped()
