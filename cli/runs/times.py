"""The times of a run's first text and end: by this machine's clock for a new run, else by the journal."""

import time
from datetime import datetime

from client import RunEvent


class OwnTimes:
    """Milliseconds since the question was sent, up to the end of the run or up to now."""

    def __init__(self) -> None:
        self.first_text_ms: float | None = None
        self._started = time.monotonic()
        self._ended: float | None = None

    def start(self) -> None:
        """Start the clock."""
        self._started = time.monotonic()

    def see(self, event: RunEvent) -> None:
        """Record the run's next event at the moment it arrives."""
        if event.text and self.first_text_ms is None:
            self.first_text_ms = self.elapsed_ms
        if event.ends_run:
            self._ended = time.monotonic()

    @property
    def elapsed_ms(self) -> float | None:
        return round(((self._ended or time.monotonic()) - self._started) * 1000, 1)


class JournalTimes:
    """Milliseconds since the run was accepted, from its events; None if RUN_ACCEPTED was not shown."""

    def __init__(self) -> None:
        self.first_text_ms: float | None = None
        self.elapsed_ms: float | None = None
        self._accepted: datetime | None = None

    def start(self) -> None:
        """Nothing to start: the run already exists."""

    def see(self, event: RunEvent) -> None:
        """Record the run's next event."""
        try:
            at = datetime.fromisoformat(event.at)
        except ValueError:
            return
        if event.type == "RUN_ACCEPTED":
            self._accepted = at
        if self._accepted is None:
            return
        self.elapsed_ms = round((at - self._accepted).total_seconds() * 1000, 1)
        if event.text and self.first_text_ms is None:
            self.first_text_ms = self.elapsed_ms
