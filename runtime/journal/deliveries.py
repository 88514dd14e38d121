"""The lease with which one process at a time posts to the subscribers of a run that has no worker."""

from collections.abc import Callable, Mapping
from contextlib import suppress

from runtime.journal import changes
from runtime.journal.head import Head, head_from
from runtime.journal.items import head_key
from runtime.journal.table import ConditionFailed, Table

_ATTEMPTS = 20


class Deliveries:
    """Leases on the heads of all runs."""

    def __init__(self, table: Table, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock

    def start(self, run_id: str, by: str, seconds: float) -> Head | None:
        """The head, once the process `by` may post for that many seconds (again, where it may already); None where
        another process posts, or the run is unknown or has no subscribers."""
        now = self._clock()
        try:
            return head_from(self._table.update(changes.start_delivery(run_id, by, now, now + seconds)))
        except ConditionFailed:
            return None

    def end(self, head: Head, by: str, cursors: Mapping[str, int]) -> Head | None:
        """Store the last number that each connection has, and let others post; returns the head after it, None where
        another process posts meanwhile. A connection that has asked for another number keeps what it asked for."""
        known = {key: (head.subscribers[key], seq) for key, seq in cursors.items() if key in head.subscribers}
        for _ in range(_ATTEMPTS):
            moved = {key: (old, new) for key, (old, new) in known.items() if old == head.subscribers.get(key) != new}
            with suppress(ConditionFailed):
                return head_from(self._table.update(changes.end_delivery(head.run_id, by, moved)))
            item = self._table.get(head_key(head.run_id))
            if item is None or item.get("delivery_by") != by:
                return None
            head = head_from(item)
        return None
