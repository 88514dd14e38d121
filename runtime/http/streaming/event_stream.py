"""The events of a run as server-sent events, read from the journal while they are written."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Final

from contract.events import Event
from runtime.delivery import frames
from runtime.journal import Journal
from runtime.process.logs import log
from runtime.process.threads import Threads

HEADERS: Final = {
    "content-type": "text/event-stream",
    # no-transform: a proxy that compresses the stream would hold it back
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}

_RETRY: Final = b"retry: 1000\n\n"
"""Milliseconds after which a browser comes back."""

_KEEP_ALIVE: Final = b": keep-alive\n\n"
KEEP_ALIVE_SECONDS: Final = 15.0
"""Proxies cut a connection that is idle: API Gateway's edge endpoints after 30 s."""

_PAGE: Final = 100
_NEXT: Final = 2
"""Events that a poll looks for by their keys: where it finds all of them a page is read."""

_FASTEST: Final = 0.02
_SLOWEST: Final = 0.5
_SLOWER: Final = 0.01
"""Of the time that nothing has come, the time between two polls: so the wait for an event grows by a hundredth."""

_FAILURES: Final = 5
"""Reads that fail one after the other, before the response ends; its reader comes back."""


LEFT: Final = "left"


@dataclass(slots=True)
class StreamLog:
    """What a response has sent, for the log. `end` is why it has ended: `final` (the run has), `bound`, `failed` (the
    journal could not be read), or `left` where its reader was gone before it."""

    events: int = 0
    end: str = LEFT


class EventStream:
    """Streams one run. Nothing here ends a run: its reader may leave at any time and come back."""

    def __init__(
        self,
        journal: Journal,
        threads: Threads,
        keep_alive: float = KEEP_ALIVE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal = journal
        self._threads = threads
        self._keep_alive = keep_alive
        self._clock = clock

    async def chunks(self, run_id: str, after: int, seconds: float, sent: StreamLog) -> AsyncGenerator[bytes]:
        """The events after that number, until the run's final event, at the latest for `seconds`. Never raises: an
        error would abort the response, and the Lambda Web Adapter with it."""
        started = last_sent = last_event = self._clock()
        yield _RETRY
        page = _PAGE
        failures = 0
        while True:
            try:
                events = await self._threads.run(self._journal.read, run_id, after, page)
                failures = 0
            except Exception:
                log("streaming.not_read", level="WARNING", run_id=run_id, exc_info=True)
                events, failures = [], failures + 1
            now = self._clock()
            if events:
                after, last_sent, last_event = events[-1].seq, now, now
                sent.events += len(events)
                yield b"".join(_message(event) for event in events)
            elif now - last_sent >= self._keep_alive:
                last_sent = now
                yield _KEEP_ALIVE
            if end := self._end(events, failures, now - started >= seconds):
                sent.end = end
                return
            if len(events) == page:
                page = _PAGE
                continue
            page = _NEXT
            pause = _SLOWEST if failures else min(_SLOWEST, max(_FASTEST, (now - last_event) * _SLOWER))
            await asyncio.sleep(min(pause, max(0.0, started + seconds - now)))

    @staticmethod
    def _end(events: list[Event], failures: int, is_late: bool) -> str:
        """Why the response ends now; empty where it goes on."""
        if events and events[-1].type.ends_run:
            return "final"
        if failures >= _FAILURES:
            return "failed"
        return "bound" if is_late else ""


def _message(event: Event) -> bytes:
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (event.seq, event.type.value.encode(), frames.event_json(event))
