"""Stand-ins for what lies behind the handlers, where those are not under test: the journal's table and the sockets."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from runtime.connections import Connections, NotDeliveredError
from runtime.contract import ENDINGS, ErrorCode, Event, EventType, RunError, Status, timestamp
from runtime.journal import Head, Journal, NewRun

Sent = list[tuple[str, dict[str, Any]]]


class MemoryJournal(Journal):
    """The journal's public behaviour without a table."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.heads: dict[str, Head] = {}
        self.events: dict[str, list[Event]] = {}
        self.owners: dict[str, str] = {}
        self._clock = clock

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
        data = {"question": run.question, "agent": run.agent, "session_id": run.session_id}
        self._add(run.run_id, EventType.RUN_ACCEPTED, data)
        return head, True

    def head(self, run_id: str) -> Head:
        if run_id not in self.heads:
            raise RunError(ErrorCode.UNKNOWN_RUN, "Unknown.", run_id)
        return self.heads[run_id]

    def read(self, run_id: str, after: int = 0, limit: int = 100) -> list[Event]:
        return self.events.get(run_id, [])[after : after + limit]

    def runs(self, owner: str, limit: int = 50) -> list[Head]:
        return [head for head in reversed(self.heads.values()) if head.owner == owner][:limit]

    def claim(self, run_id: str) -> Head:
        return self._change(run_id, status=Status.RUNNING, epoch=1, heartbeat_at=self._clock())

    def heartbeat(self, run: Head | str, epoch: int) -> Head:
        run_id = run if isinstance(run, str) else run.run_id
        return self._change(run_id, epoch=epoch, heartbeat_at=self._clock())

    def subscribe(self, run_id: str, connection_id: str, after: int) -> Head | None:
        head = self.head(run_id)
        if head.status.is_terminal:
            return None
        return self._change(run_id, subscribers={**head.subscribers, connection_id: after})

    def request_cancel(self, run_id: str) -> Head:
        head = self.head(run_id)
        if head.status.is_terminal or head.cancel_requested:
            return head
        self._add(run_id, EventType.CANCEL_REQUESTED, {})
        return self._change(run_id, cancel_requested=True)

    def close(
        self, run_id: str, ending: EventType, data: Mapping[str, Any], error: Mapping[str, Any] | None = None
    ) -> Event | None:
        if self.head(run_id).status.is_terminal:
            return None
        event = self._add(run_id, ending, data)
        self._change(run_id, status=ENDINGS[ending], error=error, last_seq=event.seq)
        return event

    def close_overdue(self, head: Head) -> Head:
        if head.status.is_terminal or self._clock() < head.deadline_at:
            return head
        self.close(head.run_id, EventType.RUN_FAILED, {"code": ErrorCode.AGENT_LOST.value})
        return self.head(head.run_id)

    def connect(self, connection_id: str, owner: str) -> None:
        self.owners[connection_id] = owner

    def connection_owner(self, connection_id: str) -> str:
        if connection_id not in self.owners:
            raise RunError(ErrorCode.NOT_OWNER, "Not connected.")
        return self.owners[connection_id]

    def disconnect(self, connection_id: str) -> None:
        self.owners.pop(connection_id, None)

    def _add(self, run_id: str, kind: EventType, data: Mapping[str, Any]) -> Event:
        events = self.events.setdefault(run_id, [])
        events.append(Event(run_id, len(events) + 1, kind, timestamp(), data))
        return events[-1]

    def _change(self, run_id: str, **changes: Any) -> Head:  # noqa: ANN401  any field of a head
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
    )


class RecordingConnections(Connections):
    """Keeps what is posted; connections in `gone` are gone, those in `stuck` take nothing now."""

    def __init__(self, sent: Sent, gone: set[str], stuck: set[str]) -> None:
        self._sent = sent
        self._gone = gone
        self._stuck = stuck

    def post(self, connection_id: str, frame: bytes) -> bool:
        if connection_id in self._stuck:
            raise NotDeliveredError(connection_id, "its buffer is full")
        if connection_id in self._gone:
            return False
        self._sent.append((connection_id, json.loads(frame)))
        return True


@pytest.fixture
def memory_journal() -> Journal:
    return MemoryJournal()


@pytest.fixture
def sent() -> Sent:
    """The frames posted, each with its connection."""
    return []


@pytest.fixture
def gone() -> set[str]:
    """Connections that are gone."""
    return set()


@pytest.fixture
def stuck() -> set[str]:
    """Connections that take no frame."""
    return set()


@pytest.fixture
def connections(sent: Sent, gone: set[str], stuck: set[str]) -> Connections:
    return RecordingConnections(sent, gone, stuck)
