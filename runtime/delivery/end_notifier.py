"""Sends a run's subscribers an end that its worker did not write, and what the worker has not sent before it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Final

from contract.errors import ErrorCode
from contract.events import Event, timestamp
from runtime.delivery import frames
from runtime.delivery.connections import Connections, NotDeliveredError
from runtime.journal import Head, Journal
from runtime.process.logs import log

_SECONDS: Final = 10.0
"""For reading and all subscribers: those that are not served by then find the end when they resume."""

_SENDING_SECONDS: Final = 2.0
"""A worker that sends heartbeats has posted an event within this time."""

_UNSENT: Final = 100
"""Events before the end of a journal that such a worker may not have posted; a subscriber that misses more resumes."""

_PAGE: Final = 16
"""Events that are read at once, with their payloads."""


class EndNotifier:
    """Posts what the worker may have left unsent. A subscriber may get a frame twice, which it recognises by its
    number: nothing records what a dead worker has posted."""

    def __init__(self, connections: Connections, clock: Callable[[], float] = time.monotonic) -> None:
        self._connections = connections
        self._clock = clock

    def publish(self, journal: Journal, final: Event) -> None:
        """Post to all subscribers of a run what was not sent, in order, then `final`, which the caller has written. The
        run's head names them no longer: a worker that lives on, or is revived, sends them nothing more."""
        until = self._clock() + _SECONDS
        head = journal.head(final.run_id)  # read after the end: nobody can subscribe any more
        if not head.subscribers:
            return
        _release(journal, head)
        self.send(head.subscribers, [*self._read(journal, head, final, until), final], until)

    def _read(self, journal: Journal, head: Head, final: Event, until: float) -> list[Event]:
        """What may be unsent. Out of time the list has a gap, and `send` posts nothing of it; none where the journal
        cannot be read: a subscriber that gets the end alone resumes."""
        try:
            return list(takewhile(lambda _: self._clock() <= until, _unsent(journal, head, final)))
        except Exception:
            log("end_notifier.not_read", level="WARNING", run_id=head.run_id, exc_info=True)
            return []

    def send(self, subscribers: Mapping[str, int], events: Sequence[Event], until: float | None = None) -> None:
        """Post the events after each connection's number, in order; all get the last, the run's final event. A final
        event with a code is preceded by an error frame. `until` is ten seconds from now unless given."""
        until = self._clock() + _SECONDS if until is None else until
        for connection_id, after in subscribers.items():
            if self._clock() > until:
                log("end_notifier.out_of_time", level="WARNING", run_id=events[-1].run_id, connections=len(subscribers))
                return
            self._notify(connection_id, [event for event in events[:-1] if event.seq > after], events[-1], until)

    def _notify(self, connection_id: str, missed: Sequence[Event], final: Event, until: float) -> None:
        to_send = [*(frames.event(event) for event in missed), *_final_frames(final)]
        try:
            for frame in to_send:
                if self._clock() > until or not self._connections.post(connection_id, frame):
                    return
        except NotDeliveredError as problem:
            log(
                "end_notifier.not_delivered",
                level="WARNING",
                run_id=final.run_id,
                connection_id=connection_id,
                reason=str(problem),
            )


def _release(journal: Journal, head: Head) -> None:
    try:
        journal.release(head.run_id)
    except Exception:
        # Only a worker that is revived would send them the end again.
        log("end_notifier.not_released", level="WARNING", run_id=head.run_id, exc_info=True)


def _unsent(journal: Journal, head: Head, final: Event) -> Iterator[Event]:
    """The events before the end that at least one subscriber may not have. A worker that has sent no heartbeat has
    posted none. Any other has posted those of the time before its last one: the head does not have its cursors."""
    after = min(head.subscribers.values())
    if head.heartbeat_at <= head.claimed_at:
        return _between(journal, head.run_id, after, final.seq)
    since = timestamp(head.heartbeat_at - _SENDING_SECONDS)
    recent = _between(journal, head.run_id, max(after, final.seq - 1 - _UNSENT), final.seq)
    return (event for event in recent if event.at >= since)


def _between(journal: Journal, run_id: str, after: int, end: int) -> Iterator[Event]:
    return takewhile(lambda event: event.seq < end, journal.scan(run_id, after, _PAGE))


def _final_frames(final: Event) -> list[bytes]:
    code = final.data.get("code")
    if code is None:
        return [frames.event(final)]
    return [frames.error(ErrorCode(code), str(final.data["error"]), final.run_id), frames.event(final)]
