"""Brings the subscribers of a run up to date from any process: one at a time posts, each from where the last ended."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from contract.events import Event
from runtime.delivery.connections import Connections, NotDeliveredError
from runtime.delivery.subscriber import frames_of
from runtime.journal import Head, Journal
from runtime.process.logs import log

LEASE_SECONDS: Final = 15.0
"""After a process that died while it posted, subscribers wait this long for the next."""

_POSTING_SECONDS: Final = 8.0
"""For all posts of one turn; the rest of the lease is for calls that are under way."""

_PAGE: Final = 16
"""Events that are read at once, with their payloads."""


class TurnDelivery:
    """For runs without a worker that streams: those that wait, and those whose steps are functions of a state machine.
    Every subscriber gets the events in order, without gap or repeat, whichever processes write them."""

    def __init__(
        self,
        journal: Journal,
        connections: Connections,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal = journal
        self._connections = connections
        self._clock = clock

    def deliver(self, run_id: str) -> bool:
        """Post to each subscriber what it lacks of the journal. Returns False where there is no subscriber, or another
        process posts at the moment: that process looks for newer events before it ends, and posts them. What a slow
        socket does not accept is left for the next delivery. A run that has ended loses its subscribers, who have its
        final event then."""
        by = secrets.token_hex(8)
        until = self._clock() + _POSTING_SECONDS
        while True:
            head = self._journal.deliveries.start(run_id, by, LEASE_SECONDS)
            if head is None:
                return False
            turn = self._post_all(head, until)
            after = self._journal.deliveries.end(head, by, turn.cursors)
            for connection_id in turn.gone:
                self._journal.unsubscribe(run_id, connection_id)
            if after is None or self._clock() > until or not self._is_behind(after, turn):
                return True

    def _post_all(self, head: Head, until: float) -> "_Turn":
        turn = _Turn()
        if not head.subscribers:
            return turn
        cursors = dict(head.subscribers)
        for event in self._journal.scan(head.run_id, min(cursors.values()), _PAGE):
            for connection_id, cursor in list(cursors.items()):
                if event.seq <= cursor:
                    continue
                if self._clock() > until or not self._post(connection_id, event, turn):
                    del cursors[connection_id]
                    continue
                cursors[connection_id] = turn.cursors[connection_id] = event.seq
            if not cursors:
                break
        return turn

    def _post(self, connection_id: str, event: Event, turn: "_Turn") -> bool:
        """Whether the next event may follow."""
        try:
            for frame in frames_of(event):
                if not self._connections.post(connection_id, frame):
                    turn.gone.append(connection_id)
                    return False
        except NotDeliveredError as problem:
            log("delivery.not_delivered", level="WARNING", connection_id=connection_id, reason=str(problem))
            turn.slow.add(connection_id)
            return False
        return True

    def _is_behind(self, head: Head, turn: "_Turn") -> bool:
        """Whether a subscriber that accepts posts lacks events: another process may have written and found the lease
        taken."""
        waiting = [
            cursor
            for connection_id, cursor in head.subscribers.items()
            if connection_id not in turn.slow and connection_id not in turn.gone
        ]
        if not waiting:
            return False
        _, newest = self._journal.latest(head.run_id)
        if newest.seq > min(waiting):
            return True
        if newest.type.ends_run and not turn.slow:
            self._journal.release(head.run_id)
        return False


@dataclass(slots=True)
class _Turn:
    """What one turn has done: the last number posted to each connection, and the connections that are gone or slow."""

    cursors: dict[str, int] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    slow: set[str] = field(default_factory=set)
