"""The events of one run in order, without duplicates and without gaps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from client._events import RunEvent


class EventStream:
    """Takes events in any order and yields them in the order of `seq`, from `after` + 1 to the final event."""

    def __init__(self, run_id: str, after: int) -> None:
        self.run_id = run_id
        self.last_seq = after
        self.is_over = False
        self._ahead: dict[int, RunEvent] = {}
        self._ready: asyncio.Queue[RunEvent | None] = asyncio.Queue()
        self._error: Exception | None = None
        self._open_questions: set[str] = set()
        self._disturbed = asyncio.Event()

    @property
    def has_gap(self) -> bool:
        """Whether later events wait for one that is missing."""
        return bool(self._ahead)

    @property
    def waits(self) -> bool:
        """Whether the run waits for an answer, for days if need be."""
        return bool(self._open_questions)

    def take(self, event: RunEvent) -> None:
        """Add an event that arrived. A duplicate is dropped; an event that is ahead waits, and the gap counts as a
        disturbance."""
        if self.is_over:
            return
        if event.seq <= self.last_seq:
            if event.ends_run:  # the run ended at or before `after`
                self._ready.put_nowait(event)
                self._end()
            return
        self._ahead[event.seq] = event
        while (following := self._ahead.pop(self.last_seq + 1, None)) is not None:
            self.last_seq = following.seq
            self._note_question(following)
            self._ready.put_nowait(following)
            if following.ends_run:
                self._end()
                return
        if self._ahead:
            self.disturb()

    def disturb(self) -> None:
        """Report that events may be missing: a gap, a lost socket, or an error about the run."""
        self._disturbed.set()

    def fail(self, error: Exception) -> None:
        """End the stream with an error: no further event will arrive."""
        if not self.is_over:
            self._error = error
            self._end()

    async def disturbance(self, seconds: float) -> bool:
        """Wait up to `seconds` for a disturbance or the end. Whether there was a disturbance since the last call."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._disturbed.wait(), seconds)
        disturbed = self._disturbed.is_set()
        self._disturbed.clear()
        return disturbed

    async def events(self) -> AsyncIterator[RunEvent]:
        """Every event once, in order. Raises what the stream failed with before the run ended, such as LongrunError."""
        while not (self.is_over and self._ready.empty()):
            event = await self._ready.get()
            if event is not None:
                yield event
        if self._error is not None:
            raise self._error

    def _note_question(self, event: RunEvent) -> None:
        if event.type == "QUESTION":
            self._open_questions.add(str(event.data.get("question_id")))
        elif event.type == "ANSWER":
            self._open_questions.discard(str(event.data.get("question_id")))

    def _end(self) -> None:
        self.is_over = True
        self._ahead.clear()
        self._ready.put_nowait(None)  # wakes a reader that waits
        self.disturb()
