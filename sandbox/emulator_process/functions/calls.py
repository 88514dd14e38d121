"""The calls of a function that run at once, and those that wait for their turn."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Event, Lock
from typing import Final

STALL_SECONDS: Final = 0.5
"""After that time in which no call of a function started or ended, more of them are admitted."""

_patience: Final[ContextVar[float]] = ContextVar("patience", default=0.0)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Sets for how long a call that starts here waits at the limit that a user has set; otherwise it is throttled."""
    token = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(token)


@dataclass(frozen=True, slots=True)
class Limit:
    """The most calls at once. A firm one is the user's (reserved concurrency); the sandbox's own yields."""

    calls: int
    firm: bool


class Calls:
    """Thread-safe. The calls of one function, first come, first served.

    The sandbox's own limit saves memory, and AWS has none like it. So it must never end a program that works on AWS: if
    calls wait for each other (a function that calls itself) or each takes long (a slow model), nothing starts or ends
    for `STALL_SECONDS`, and then twice as many calls may run.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, stall: float = STALL_SECONDS) -> None:
        self._clock = clock
        self._stall = stall
        self._lock = Lock()
        self._limit = Limit(0, firm=True)
        self._beyond = 0
        self._running = 0
        self._waiting: deque[Event] = deque()
        self._changed_at = clock()

    def begin(self, limit: Limit) -> bool:
        """Waits for the call's turn; returns False when it is throttled. `limit` replaces the one of earlier calls."""
        turn = Event()
        with self._lock:
            self._limit = limit
            self._waiting.append(turn)
            self._admit()
        # A function whose reserved concurrency is 0 is switched off, so waiting is in vain.
        seconds = (_patience.get() if limit.calls else 0.0) if limit.firm else None
        return self._wait(turn, seconds)

    def end(self) -> None:
        """Ends one call that `begin` has admitted."""
        with self._lock:
            self._running -= 1
            if not self._waiting:
                self._beyond = min(self._beyond, max(0, self._running - self._limit.calls))
            self._changed_at = self._clock()
            self._admit()

    def _wait(self, turn: Event, seconds: float | None) -> bool:
        deadline = math.inf if seconds is None else self._clock() + seconds
        while not turn.wait(max(0.0, min(deadline - self._clock(), self._stall))):
            with self._lock:
                if turn.is_set():
                    break
                if self._clock() >= deadline:
                    self._waiting.remove(turn)
                    return False
                self._yield_if_stalled()
        return True

    def _yield_if_stalled(self) -> None:
        if not self._limit.firm and self._clock() - self._changed_at >= self._stall:
            self._beyond = 2 * self._running - self._limit.calls
            self._admit()

    def _admit(self) -> None:
        while self._waiting and self._running < self._limit.calls + self._beyond:
            self._running += 1
            self._changed_at = self._clock()
            self._waiting.popleft().set()
