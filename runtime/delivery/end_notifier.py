"""Sends a run's subscribers an end that its worker did not write, and what the worker has not sent before it."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from contract.errors import ErrorCode
from contract.events import Event, timestamp
from runtime.delivery import frames
from runtime.delivery.connections import Connections, NotDeliveredError
from runtime.journal import Head, Journal
from runtime.process.logs import log

_SECONDS: Final = 10.0
"""For all subscribers: those that are not served by then find the end when they resume."""

_SENDING_SECONDS: Final = 2.0
"""A worker that sends heartbeats has posted an event within this time."""

_UNSENT: Final = 100
"""Events before the end of a journal that such a worker may not have posted; a subscriber that misses more resumes."""

_PAGE: Final = 100


class EndNotifier:
    """Posts what the worker may have left unsent. A subscriber may get a frame twice, which it recognises by its
    number: nothing records what a dead worker has posted."""

    def __init__(self, connections: Connections, clock: Callable[[], float] = time.monotonic) -> None:
        self._connections = connections
        self._clock = clock

    def publish(self, journal: Journal, final: Event) -> None:
        """Post to all subscribers of a run what was not sent, in order, then `final`, which the caller has written. The
        run's head names them no longer: a worker that lives on, or is revived, sends them nothing more."""
        head = journal.head(final.run_id)  # read after the end: nobody can subscribe any more
        if not head.subscribers:
            return
        events = [*_unsent(journal, head, final), final]
        _release(journal, head)
        self.send(head.subscribers, events)

    def send(self, subscribers: Mapping[str, int], events: Sequence[Event]) -> None:
        """Post the events after each connection's number, in order; all get the last, the run's final event. A final
        event with a code is preceded by an error frame."""
        until = self._clock() + _SECONDS
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
    for connection_id in head.subscribers:
        try:
            journal.unsubscribe(head.run_id, connection_id)
        except Exception:
            # Only a worker that is revived would send it the end again.
            log("end_notifier.not_released", level="WARNING", connection_id=connection_id, exc_info=True)


def _unsent(journal: Journal, head: Head, final: Event) -> list[Event]:
    """The events before the end that at least one subscriber may not have. A worker that has sent no heartbeat has
    posted none. Any other has posted those of the time before its last one: the head does not have its cursors."""
    after = min(head.subscribers.values())
    if head.heartbeat_at <= head.claimed_at:
        return _between(journal, head.run_id, after, final.seq)
    since = timestamp(head.heartbeat_at - _SENDING_SECONDS)
    recent = _between(journal, head.run_id, max(after, final.seq - 1 - _UNSENT), final.seq)
    return [event for event in recent if event.at >= since]


def _between(journal: Journal, run_id: str, after: int, end: int) -> list[Event]:
    events: list[Event] = []
    while page := journal.read(run_id, after, min(_PAGE, end - 1 - after)):
        events += page
        after = page[-1].seq
        if after >= end - 1:
            break
    return events


def _final_frames(final: Event) -> list[bytes]:
    code = final.data.get("code")
    if code is None:
        return [frames.event(final)]
    return [frames.error(ErrorCode(code), str(final.data["error"]), final.run_id), frames.event(final)]
