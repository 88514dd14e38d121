"""Counts and times of a run."""

import time
from collections.abc import Callable
from typing import Any

from contract.events import Event, EventType


class Metrics:
    """Counts the events of the journal as they are seen, from the moment at which the worker got the invocation.
    `last_seq` is the newest: 1 for a run that was only accepted."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = clock()
        self.last_seq = 1
        self.text_events = 0
        self.text_chars = 0
        self.first_text_ms: float | None = None

    def record(self, event: Event) -> None:
        """Count an event that is in the journal."""
        self.last_seq = event.seq
        if event.type is EventType.TEXT:
            self.text_events += 1
            self.text_chars += len(event.data["text"])
            if self.first_text_ms is None:
                self.first_text_ms = self.elapsed_ms()

    def elapsed_ms(self) -> float:
        """Milliseconds since the worker got the invocation."""
        return round((self._clock() - self._started) * 1000, 1)

    def summary(self) -> dict[str, Any]:
        """For the final event, which comes next: events of the run including it, characters of text, and times in
        milliseconds."""
        return {
            "events": self.last_seq + 1,
            "text_chars": self.text_chars,
            "first_text_ms": self.first_text_ms,
            "elapsed_ms": self.elapsed_ms(),
        }
