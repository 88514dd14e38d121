"""Appends single events for processes other than the run's worker."""

from collections.abc import Callable

from contract.errors import ErrorCode, RunError
from contract.events import Event
from runtime.journal.event_log import FEW, Entry, EventLog
from runtime.journal.head import Head, head_from
from runtime.journal.table import ConditionFailed, Update

ATTEMPTS = 50
"""A failed attempt to append means that another writer appended: a worker that streams does so ten times a second."""


class Appender:
    """Appends after the newest event, and decides again where another writer was faster."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def append(self, run_id: str, entry: Entry) -> Event | None:
        """The entry as the run's next event; None where the run has ended. Raises RunError UNKNOWN_RUN."""
        for _ in range(ATTEMPTS):
            item, newest = self._log.latest(run_id)
            # the query is no snapshot: the end may be among the events and not yet in the head
            if newest.type.ends_run or head_from(item).status.is_terminal:
                return None
            try:
                return self._log.append(run_id, newest.seq + 1, entry)
            except ConditionFailed:
                for recorded in self._log.read(run_id, newest.seq, FEW):
                    if recorded.nonce == entry.nonce:  # botocore repeated a write whose response was lost
                        return recorded.event
        raise contended(run_id)

    def change(self, run_id: str, entry: Entry, change: Callable[[Head, int], Update | None]) -> Event | None:
        """Appends with a change of the head; None where the run has ended or `change`, given head and seq, has none."""
        for _ in range(ATTEMPTS):
            item, newest = self._log.latest(run_id)
            head, seq = head_from(item), newest.seq + 1
            update = None if head.status.is_terminal else change(head, seq)
            if update is None:
                return None
            try:
                # the head's condition keeps this from following a closing event that the query saw but the head did not
                return self._log.append(run_id, seq, entry, update)
            except ConditionFailed:
                continue
        raise contended(run_id)


def contended(run_id: str) -> RunError:
    return RunError(ErrorCode.THROTTLED, f"Run {run_id} is being written too fast to be changed; try again.", run_id)
