"""The journal without a table, for tests of what works with it."""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from contract.errors import ErrorCode, RunError, error_data
from contract.events import FINAL_EVENTS, Event, EventType, Status, timestamp
from contract.run_ids import new_run_id
from runtime.journal import AlreadyClaimed, Head, Journal, LostEpoch, NewRun, RunEnded, S3Payloads
from runtime.journal.access.connections import ConnectionItems
from runtime.journal.event_log import ALL_TYPES, Entry, EventLog, Recorded
from runtime.journal.items import Item, Key
from runtime.journal.jobs import Jobs
from runtime.journal.questions import Questions
from runtime.journal.sessions.admission import accepted
from runtime.journal.sessions.messages import Messages
from runtime.journal.table import ConditionFailed, Table, Update, Write
from tests.runtime.memory_tokens import memory_tokens
from tests.runtime.memory_workspaces import MemoryWorkspaces


class MemoryLog(EventLog):
    """The append rule without a table: a number is taken once, and the end of a run only by its epoch."""

    def __init__(self, journal: "MemoryJournal") -> None:
        self._journal = journal

    def entry(self, run_id: str, event_type: EventType, data: Mapping[str, Any]) -> Entry:  # noqa: ARG002
        return Entry(event_type, data, {}, new_run_id())

    def append(self, run_id: str, seq: int, entry: Entry, *others: Write) -> Event:
        with self._journal.lock:
            head, events = self._journal.heads[run_id], self._journal.events[run_id]
            changes = [other.values for other in others if isinstance(other, Update)]
            lost = [values for values in changes if head.status.is_terminal or values[":epoch"] != head.epoch]
            if seq != len(events) + 1 or lost:
                raise ConditionFailed
            event = self._journal.add(run_id, entry.type, entry.data, entry.nonce)
            for values in changes:
                usage = values.get(":usage", {})
                if ":status" in values:
                    status, error = Status(values[":status"]), values[":error"]
                    self._journal.change(run_id, status=status, usage=usage, error=error, last_seq=seq)
                else:
                    step, output = values[":step"], values[":output"]
                    self._journal.change(run_id, step_done=step, output=output, usage=usage)
            return event

    def read(
        self,
        run_id: str,
        after: int,
        limit: int,
        complete: Collection[EventType] = ALL_TYPES,  # noqa: ARG002
    ) -> list[Recorded]:
        with self._journal.lock:
            events = self._journal.events[run_id][after : after + limit]
            return [Recorded(event, self._journal.nonces.get((run_id, event.seq), "")) for event in events]


class MemoryConnections(ConnectionItems):
    """The owners of connections by their ids."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.owners: dict[str, str] = {}
        self.tokens = memory_tokens(clock)

    def add(self, connection_id: str, owner: str) -> None:
        self.owners[connection_id] = owner

    def owner(self, connection_id: str) -> str:
        if connection_id not in self.owners:
            raise RunError(ErrorCode.NOT_OWNER, "Not connected.")
        return self.owners[connection_id]

    def remove(self, connection_id: str) -> None:
        self.owners.pop(connection_id, None)


class EmptyTable(Table):
    """No run has a question or a job."""

    def __init__(self) -> None:
        """Needs no client."""

    def get(self, key: Key) -> Item | None:  # noqa: ARG002
        return None

    def query(self, partition: str, first: str, last: str, limit: int, *, newest_first: bool = False) -> list[Item]:  # noqa: ARG002
        return []


class MemoryJournal(Journal):
    """The journal's public behaviour without a table."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.heads: dict[str, Head] = {}
        self.events: dict[str, list[Event]] = {}
        self.nonces: dict[tuple[str, int], str] = {}
        self.connections = MemoryConnections(clock)
        self.workspaces = MemoryWorkspaces()
        self.lock = threading.RLock()
        self.log = MemoryLog(self)
        self._clock = clock
        self.questions = Questions(EmptyTable(), self.log, clock)
        self.messages = Messages(EmptyTable(), self.log, clock, self.close_overdue)
        self.jobs = Jobs(EmptyTable(), S3Payloads("payloads"), 30, clock)

    def accept(self, run: NewRun) -> tuple[Head, bool]:
        known = self.heads.get(run.run_id)
        if known is not None:
            if known.owner != run.owner:
                raise RunError(ErrorCode.NOT_OWNER, "Not yours.", run.run_id)
            if not run.is_request_of(known):
                raise RunError(ErrorCode.CONFLICT, "Another request.", run.run_id)
            return known, False
        head = _new_head(run)
        self.heads[run.run_id] = head
        self.add(run.run_id, EventType.RUN_ACCEPTED, accepted(run))
        return head, True

    def head(self, run_id: str) -> Head:
        if run_id not in self.heads:
            raise RunError(ErrorCode.UNKNOWN_RUN, "Unknown.", run_id)
        return self.heads[run_id]

    def read(
        self,
        run_id: str,
        after: int = 0,
        limit: int = 100,
        complete: Collection[EventType] = ALL_TYPES,  # noqa: ARG002
    ) -> list[Event]:
        return self.events.get(run_id, [])[after : after + limit]

    def runs(self, owner: str, limit: int = 50) -> list[Head]:
        return [head for head in reversed(self.heads.values()) if head.owner == owner][:limit]

    def claim(self, run_id: str) -> Head:
        with self.lock:
            if self.head(run_id).status is not Status.QUEUED:
                raise AlreadyClaimed(run_id)
            now = self._clock()
            return self.change(run_id, status=Status.RUNNING, epoch=1, heartbeat_at=now, claimed_at=now)

    def latest(self, run_id: str) -> tuple[Head, Event]:
        with self.lock:
            return self.head(run_id), self.events[run_id][-1]

    def claim_step(self, run_id: str, step: int) -> tuple[Head, int]:
        with self.lock:
            head = self.head(run_id)
            if head.status.is_terminal:
                raise RunEnded(run_id, [])
            if not self._is_next(head, step):
                raise AlreadyClaimed(run_id)
            now = self._clock()
            begun = {"epoch": head.epoch + 1, "step": step, "heartbeat_at": now, "claimed_at": now}
            return self.change(run_id, status=Status.RUNNING, **begun), len(self.events[run_id])

    def mark_step_lost(self, run_id: str, step: int, data: Mapping[str, Any]) -> bool:
        with self.lock:
            head = self.head(run_id)
            if head.status.is_terminal or not self._is_next(head, step):
                return False
            self.add(run_id, EventType.AGENT_INVOCATION_FAILED, data)
            self.change(run_id, epoch=head.epoch + 1, step=step)
            return True

    def store_cursors(self, head: Head, cursors: Mapping[str, int]) -> None:
        with self.lock:
            newest = self.head(head.run_id)
            if newest.epoch != head.epoch:
                raise LostEpoch(head.run_id, head.epoch)
            asked = newest.subscribers
            moved = {key: seq for key, seq in cursors.items() if key in asked and asked[key] == head.subscribers[key]}
            self.change(head.run_id, subscribers={**asked, **moved})

    def heartbeat(self, run: Head | str, epoch: int) -> Head:
        run_id = run if isinstance(run, str) else run.run_id
        with self.lock:
            if self.head(run_id).epoch != epoch:
                raise LostEpoch(run_id, epoch)
            return self.change(run_id, heartbeat_at=self._clock())

    def subscribe(self, run_id: str, connection_id: str, after: int) -> Head | None:
        with self.lock:
            head = self.head(run_id)
            if head.status.is_terminal:
                return None
            return self.change(run_id, subscribers={**head.subscribers, connection_id: after})

    def unsubscribe(self, run_id: str, connection_id: str) -> None:
        with self.lock:
            left = {key: seq for key, seq in self.head(run_id).subscribers.items() if key != connection_id}
            self.change(run_id, subscribers=left)

    def release(self, run_id: str) -> None:
        self.change(run_id, subscribers={})

    def last_run(self, session_id: str) -> str:
        return next((head.run_id for head in reversed(self.heads.values()) if head.session_id == session_id), "")

    def request_cancel(self, run_id: str) -> Head:
        with self.lock:
            head = self.head(run_id)
            if head.status.is_terminal or head.cancel_requested:
                return head
            self.add(run_id, EventType.CANCEL_REQUESTED, {})
            return self.change(run_id, cancel_requested=True)

    def append(self, run_id: str, event_type: EventType, data: Mapping[str, Any]) -> Event | None:
        with self.lock:
            return None if self.head(run_id).status.is_terminal else self.add(run_id, event_type, data)

    def close(
        self,
        run_id: str,
        ending: EventType,
        data: Mapping[str, Any],
        error: Mapping[str, Any] | None = None,
        usage: Mapping[str, int] | None = None,
    ) -> Event | None:
        head = self.head(run_id)
        if head.status.is_terminal:
            return None
        event = self.add(run_id, ending, data)
        self.change(
            run_id,
            status=FINAL_EVENTS[ending],
            error=error,
            last_seq=event.seq,
            usage=head.usage if usage is None else usage,
        )
        return event

    def close_unclaimed(
        self, run_id: str, ending: EventType, data: Mapping[str, Any], error: Mapping[str, Any] | None = None
    ) -> Event | None:
        return None if self.head(run_id).epoch else self.close(run_id, ending, data, error)

    def close_overdue(self, head: Head) -> Head:
        if head.status.is_terminal or self._clock() < head.deadline_at:
            return head
        error = error_data(ErrorCode.AGENT_LOST, "Overdue.")
        self.close(head.run_id, EventType.RUN_FAILED, error, error)
        return self.head(head.run_id)

    @staticmethod
    def _is_next(head: Head, step: int) -> bool:
        return bool(head.workflow) and head.step == head.step_done == step - 1

    def add(self, run_id: str, kind: EventType, data: Mapping[str, Any], nonce: str = "") -> Event:
        """The event under the next number, whatever the rules."""
        with self.lock:
            events = self.events.setdefault(run_id, [])
            events.append(Event(run_id, len(events) + 1, kind, timestamp(), data))
            self.nonces[run_id, len(events)] = nonce
            return events[-1]

    def change(self, run_id: str, **changes: Any) -> Head:  # noqa: ANN401  any field of a head
        """The head with other values, whatever the rules."""
        self.heads[run_id] = replace(self.head(run_id), **changes)
        return self.heads[run_id]


def _new_head(run: NewRun) -> Head:
    return Head(
        run_id=run.run_id,
        status=Status.QUEUED,
        epoch=0,
        owner=run.owner,
        session_id=run.session_id,
        agent=run.agent,
        question=run.question,
        created_at=timestamp(),
        deadline_at=run.deadline_at,
        heartbeat_at=0.0,
        subscribers={run.connection_id: 0} if run.connection_id else {},
        cancel_requested=False,
        usage={},
        error=None,
        last_seq=None,
        workflow=run.workflow,
        traceparent=run.traceparent,
    )
