"""The newest events of a live run, in memory, and the older ones from the journal."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Final

from contract.events import Event

_KEPT: Final = 512
_PAGE: Final = 100

ReadEvents = Callable[[int, int], Awaitable[Sequence[Event]]]
"""The journal's events of the run after a number, in order and without gap; the second number is the
limit."""


class EventBuffer:
    """The events of one run that may be sent: those up to `last_seq`, all of them in the journal."""

    def __init__(self, last_seq: int, read: ReadEvents) -> None:
        self._read = read
        self._events: deque[Event] = deque(maxlen=_KEPT)
        self._end_seq: int | None = None
        self.last_seq = last_seq

    def extend(self, events: Sequence[Event]) -> None:
        """Add events that are in the journal, in order."""
        for event in events:
            if self._events and event.seq != self._events[-1].seq + 1:
                self._events.clear()
            self._events.append(event)
            self.last_seq = max(self.last_seq, event.seq)
            if event.type.ends_run:
                self._end_seq = event.seq

    @property
    def has_ended(self) -> bool:
        return self._end_seq is not None

    def reach(self, seq: int) -> None:
        """The run has ended with that number; other processes may have written the last events."""
        self._end_seq = seq
        if seq > self.last_seq:
            self._events.clear()
            self.last_seq = seq

    def reachable(self, cursor: int) -> int:
        """The cursor, at most just before the final event: a client that claims more would wait for it for ever."""
        return cursor if self._end_seq is None else min(cursor, self._end_seq - 1)

    async def after(self, cursor: int) -> Sequence[Event]:
        """Some events that follow the cursor, in order; none when there are none. Reads the journal only for what has
        left the memory, or was never in it: what was written before this worker started."""
        if cursor >= self.last_seq:
            return ()
        if self._events and self._events[0].seq <= cursor + 1:
            return tuple(islice(self._events, cursor + 1 - self._events[0].seq, None))
        limit = min(_PAGE, self.last_seq - cursor)
        return await self._read(cursor, limit)
