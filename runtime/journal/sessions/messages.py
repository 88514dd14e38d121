"""Messages that arrive while the session has an active run. Each is a run of its own that waits: its turn comes when
the runs before it have ended. A message that steers is used by the active run's agent instead, if that takes it in
time."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from contract.events import EventType, Status
from runtime.journal import changes
from runtime.journal.event_log import FEW, EventLog
from runtime.journal.head import Head, head_from
from runtime.journal.items import Item, head_key, pending_key
from runtime.journal.sessions.pending import MAX_PENDING, STEER
from runtime.journal.table import ConditionFailed, Delete, Table

_ATTEMPTS: Final = 50
"""As of the appender."""

STEERED: Final = "steered"
"""The stop reason of a message's run whose text another run's agent has taken."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that an active run's agent takes: the run that it was, which has ended now, and its text."""

    run_id: str
    text: str


class Messages:
    """The waiting messages of all sessions. `close_overdue` ends a run that is past its deadline, so that it cannot
    block others for ever."""

    def __init__(
        self, table: Table, log: EventLog, clock: Callable[[], float], close_overdue: Callable[[Head], Head]
    ) -> None:
        self._table = table
        self._log = log
        self._clock = clock
        self._close_overdue = close_overdue

    def count(self, session_id: str) -> int:
        """The messages of the session that wait."""
        return len(self._pending(session_id))

    def newest_active(self, run_id: str) -> Head | None:
        """The newest run of a session that has not ended, given the session's last: the next one waits for its end."""
        head = self._head(run_id)
        while head is not None and head.status.is_terminal and head.behind:
            # It was cancelled while it waited: what it waited for may be active.
            head = self._head(head.behind)
        if head is None:
            return None
        head = self._close_overdue(head)
        return None if head.status.is_terminal else head

    def front(self, newest: Head) -> Head:
        """The active run that all others wait for, given the newest one."""
        front = head = newest
        while head.behind:
            before = self._head(head.behind)
            if before is None:
                break
            head = before
            if not head.status.is_terminal:
                front = head
        return front

    def release_next(self, ended: Head) -> Head | None:
        """The run whose turn comes after this one, which has ended: from now on it waits for its worker only, and the
        caller invokes that. None where there is none, or another one is before it."""
        run_id = ended.next_run
        while run_id:
            head = self._head(run_id)
            if head is None:
                return None
            if not head.status.is_terminal:
                return self.release(head)
            run_id = head.next_run
        return None

    def release(self, head: Head) -> Head | None:
        """Like release_next, for a run that may wait for another one: any reader may find one whose turn has come and
        that nobody has started."""
        if head.status is not Status.QUEUED or not head.behind:
            return None
        if self.newest_active(head.behind) is not None:
            return None
        with suppress(ConditionFailed):
            released = head_from(
                self._table.update(changes.release_turn(head.run_id, head.behind, self._clock() + head.run_seconds))
            )
            self.forget(head)
            return released
        return None

    def forget(self, head: Head) -> None:
        """Take a run that waits no more from the list of its session."""
        self._table.delete(pending_key(head.session_id, head.created_at, head.run_id))

    def take(self, run: Head) -> list[Message]:
        """The messages that are to steer this run, in order, each once: the run of each has ended with this. The caller
        gives the texts to the agent before its next model call, and has the ends delivered. `run` is the newest head;
        without `messages` in it nothing is read."""
        if not run.messages:
            return []
        taken: list[Message] = []
        for item in self._pending(run.session_id):
            if item["kind"] == STEER and item["steers"] == run.run_id:
                message = self._take(run, item)
                taken += [] if message is None else [message]
        with suppress(ConditionFailed):
            self._table.update(changes.no_messages(run.run_id, run.messages))
        return taken

    def _take(self, run: Head, item: Item) -> Message | None:
        """None where the run of the message has ended or has started."""
        run_id = item["run_id"]
        end = {"stop_reason": STEERED, "steered_into": run.run_id}
        entry = self._log.entry(run_id, EventType.RUN_SUCCEEDED, end)
        gone = Delete(pending_key(run.session_id, item["at"], run_id))
        for _ in range(_ATTEMPTS):
            head_item, newest = self._log.latest(run_id)
            head, seq = head_from(head_item), newest.seq + 1
            if head.status is not Status.QUEUED or not head.behind or head.cancel_requested:
                return None
            with suppress(ConditionFailed):
                self._log.append(run_id, seq, entry, changes.end_of_message(run_id, head.behind, seq), gone)
                self._record(run.run_id, {"text": head.question, "message_id": run_id})
                return Message(run_id, head.question)
        return None

    def _record(self, run_id: str, data: dict[str, Any]) -> None:
        """The event MESSAGE, in the journal of the run whose agent takes the text."""
        entry = self._log.entry(run_id, EventType.MESSAGE, data)
        for _ in range(_ATTEMPTS):
            _, newest = self._log.latest(run_id)
            if newest.type.ends_run:
                return
            try:
                self._log.append(run_id, newest.seq + 1, entry)
            except ConditionFailed:
                if any(known.nonce == entry.nonce for known in self._log.read(run_id, newest.seq, FEW)):
                    return
            else:
                return

    def _pending(self, session_id: str) -> list[Item]:
        first, last = pending_key(session_id, "", ""), pending_key(session_id, "~", "")
        return self._table.query(first["pk"], first["sk"], last["sk"], 2 * MAX_PENDING)

    def _head(self, run_id: str) -> Head | None:
        item = self._table.get(head_key(run_id))
        return None if item is None else head_from(item)
