"""Messages that arrive while the session has an active run. Each is a run of its own that waits: its turn comes when
the runs before it have ended. A message that steers is used by the active run's agent instead, if that takes it in
time."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from contract.events import EventType, Status
from runtime.journal import changes
from runtime.journal.event_log import EventLog
from runtime.journal.head import Head, head_from
from runtime.journal.items import Item, head_key, pending_key
from runtime.journal.sessions import turn_changes
from runtime.journal.sessions.pending import MAX_PENDING, STEER
from runtime.journal.table import ConditionFailed, Delete, Table

_ATTEMPTS: Final = 50
"""As of the appender."""

_PAGE: Final = 100

STEERED: Final = "steered"
"""The stop reason of a message's run whose text another run's agent has taken."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that an active run's agent takes: the run that it was, which has ended now, its text, and the number of
    its event MESSAGE in the journal of the active run."""

    run_id: str
    text: str
    seq: int


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
            change = turn_changes.release_turn(head.run_id, head.behind, self._clock() + head.run_seconds)
            released = head_from(self._table.update(change))
            self.forget(head)
            return released
        return None

    def forget(self, head: Head) -> None:
        """Take a run that waits no more from the list of its session."""
        self._table.delete(pending_key(head.session_id, head.created_at, head.run_id))

    def take(self, run: Head) -> list[Message]:
        """The messages that are to steer this run, in order, each once: the run of each has ended with this. The caller
        is the worker of the head's epoch, gives the texts to the agent before its next model call, and has the ends
        delivered; what it loses by a failure it finds again by `taken`. `run` is the newest head; without `messages` in
        it nothing is read. None are taken where the epoch is lost, or the run has ended."""
        if not run.messages:
            return []
        moved: list[Message] = []
        for item in self._pending(run.session_id):
            if item["kind"] == STEER and item["steers"] == run.run_id:
                message = self._take(run, item)
                moved += [] if message is None else [message]
        left = run.messages - len(moved)
        if left > 0:
            # those that were counted and were not found have ended; one that has come since changes the count
            with suppress(ConditionFailed):
                self._table.update(turn_changes.no_messages(run.run_id, run.epoch, left))
        return moved

    def taken(self, run_id: str, after: int) -> list[Message]:
        """The messages that an agent of the run has taken and that its journal records after that number, in order."""
        found: list[Message] = []
        while recorded := self._log.read(run_id, after, _PAGE, ()):
            events = [one.event for one in recorded if one.event.type is EventType.MESSAGE]
            found += [Message(str(one.data["message_id"]), str(one.data["text"]), one.seq) for one in events]
            after = recorded[-1].event.seq
        return found

    def _take(self, run: Head, item: Item) -> Message | None:
        """The end of the message's run, the event MESSAGE of the active one, and both heads in one transaction. None
        where the run of the message has ended or has started, or the active run is not this worker's any more."""
        run_id = item["run_id"]
        head = self._head(run_id)
        if head is None:
            return None
        end = self._log.entry(run_id, EventType.RUN_SUCCEEDED, {"stop_reason": STEERED, "steered_into": run.run_id})
        taken = self._log.entry(run.run_id, EventType.MESSAGE, {"text": head.question, "message_id": run_id})
        gone = Delete(pending_key(run.session_id, item["at"], run_id))
        for _ in range(_ATTEMPTS):
            (head_item, own), (active_item, newest) = self._log.latest(run_id), self._log.latest(run.run_id)
            head, active = head_from(head_item), head_from(active_item)
            if active.steered > run.steered and self._is_mine(run.run_id, active.steered, taken.nonce):
                return Message(run_id, head.question, active.steered)  # the response to the write was lost
            if head.status is not Status.QUEUED or not head.behind or head.cancel_requested:
                return None
            if active.epoch != run.epoch or active.status.is_terminal or newest.type.ends_run:
                return None
            last, seq = own.seq + 1, newest.seq + 1
            changed = (
                turn_changes.end_of_message(
                    changes.end(run_id, EventType.RUN_SUCCEEDED, last, None, None), head.behind
                ),
                turn_changes.take_message(run.run_id, run.epoch, seq),
            )
            with suppress(ConditionFailed):
                put = self._log.put(run.run_id, seq, taken)
                self._log.append(run_id, last, end, put, *changed, gone)
                return Message(run_id, head.question, seq)
        return None

    def _is_mine(self, run_id: str, seq: int, nonce: str) -> bool:
        return any(one.nonce == nonce for one in self._log.read(run_id, seq - 1, 1))

    def _pending(self, session_id: str) -> list[Item]:
        first, last = pending_key(session_id, "", ""), pending_key(session_id, "~", "")
        return self._table.query(first["pk"], first["sk"], last["sk"], 2 * MAX_PENDING)

    def _head(self, run_id: str) -> Head | None:
        item = self._table.get(head_key(run_id))
        return None if item is None else head_from(item)
