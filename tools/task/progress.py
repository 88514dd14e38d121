"""What a tool prints, as events of its run: in batches, and not without end."""

import json
import threading
import time
from collections.abc import Callable
from typing import Final

from runtime.process.logs import log

BATCH_SECONDS: Final = 1.0
MAX_EVENTS: Final = 40
"""Of one call; what is printed after that is in the log only."""
MAX_CHARACTERS: Final = 4_000
"""Of one event."""
LAST: Final = "... more is in the log of the task"


class Progress:
    """`write` appends an event with a text; it may raise. One thread calls `add`."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._lines: list[str] = []
        self._written = 0
        self._due = clock()
        self._lock = threading.Lock()

    def add(self, line: str) -> None:
        """Takes a printed line; lines of the log are no progress."""
        if line.strip() and not _is_log_line(line):
            with self._lock:
                self._lines.append(line)
            if self._clock() >= self._due:
                self.flush()

    def flush(self) -> None:
        """Writes what has not been written yet. Progress is worth no failure: an error is logged."""
        with self._lock:
            lines, self._lines = self._lines, []
            if not lines or self._written >= MAX_EVENTS:
                return
            self._written += 1
            text = LAST if self._written == MAX_EVENTS else "\n".join(lines)[:MAX_CHARACTERS]
            self._due = self._clock() + BATCH_SECONDS
        try:
            self._write(text)
        except Exception:
            log("tool_task.progress_lost", level="WARNING", exc_info=True)


def _is_log_line(line: str) -> bool:
    if not line.startswith("{"):
        return False
    try:
        found = json.loads(line)
    except ValueError:
        return False
    return isinstance(found, dict) and "event" in found
