"""Stand-ins for what lies behind the handlers, where those are not under test: the journal's table and the sockets."""

import asyncio
import io
import json
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from strands import Agent
from strands.models import Model

from runtime.agent_context import AgentContext, AgentFactory
from runtime.connections import Connections, NotDeliveredError
from runtime.contract import ENDINGS, ErrorCode, Event, EventType, RunError, Status, new_run_id, timestamp
from runtime.journal import AlreadyClaimed, Head, Journal, LostEpoch, NewRun
from runtime.journal.log import Entry, EventLog, Recorded
from runtime.journal.table import ConditionFailed, Put, Update
from runtime.orchestrator import Orchestrator, OrchestratorSlot
from runtime.sessions import SessionStore
from runtime.threads import Threads
from runtime.workbench import Workbench
from runtime.worker import Worker

Sent = list[tuple[str, dict[str, Any]]]


class MemoryLog(EventLog):
    """The append rule without a table: a number is taken once, and the end of a run only by its epoch."""

    def __init__(self, journal: "MemoryJournal") -> None:
        self._journal = journal

    def entry(self, run_id: str, event_type: EventType, data: Mapping[str, Any]) -> Entry:  # noqa: ARG002
        return Entry(event_type, data, {}, new_run_id())

    def append(self, run_id: str, seq: int, entry: Entry, *others: Put | Update) -> Event:
        with self._journal.lock:
            head, events = self._journal.heads[run_id], self._journal.events[run_id]
            ends = [other.values for other in others if isinstance(other, Update)]
            lost = [end for end in ends if head.status.is_terminal or end[":epoch"] != head.epoch]
            if seq != len(events) + 1 or lost:
                raise ConditionFailed
            event = self._journal.add(run_id, entry.type, entry.data, entry.nonce)
            for end in ends:
                status, usage = Status(end[":status"]), end.get(":usage", {})
                self._journal.change(run_id, status=status, usage=usage, error=end[":error"], last_seq=seq)
            return event

    def read(self, run_id: str, after: int, limit: int) -> list[Recorded]:
        with self._journal.lock:
            events = self._journal.events[run_id][after : after + limit]
            return [Recorded(event, self._journal.nonces.get((run_id, event.seq), "")) for event in events]


class MemoryJournal(Journal):
    """The journal's public behaviour without a table."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.heads: dict[str, Head] = {}
        self.events: dict[str, list[Event]] = {}
        self.nonces: dict[tuple[str, int], str] = {}
        self.owners: dict[str, str] = {}
        self.lock = threading.RLock()
        self.log = MemoryLog(self)
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
        self.add(run.run_id, EventType.RUN_ACCEPTED, data)
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
        with self.lock:
            if self.head(run_id).status is not Status.QUEUED:
                raise AlreadyClaimed(run_id)
            return self.change(run_id, status=Status.RUNNING, epoch=1, heartbeat_at=self._clock())

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

    def request_cancel(self, run_id: str) -> Head:
        with self.lock:
            head = self.head(run_id)
            if head.status.is_terminal or head.cancel_requested:
                return head
            self.add(run_id, EventType.CANCEL_REQUESTED, {})
            return self.change(run_id, cancel_requested=True)

    def close(
        self, run_id: str, ending: EventType, data: Mapping[str, Any], error: Mapping[str, Any] | None = None
    ) -> Event | None:
        if self.head(run_id).status.is_terminal:
            return None
        event = self.add(run_id, ending, data)
        self.change(run_id, status=ENDINGS[ending], error=error, last_seq=event.seq)
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


Chunk = dict[str, Any]


@dataclass(frozen=True)
class Say:
    """The model says this, one delta each."""

    deltas: Sequence[str]


@dataclass(frozen=True)
class Call:
    """The model calls a tool."""

    name: str
    input: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Hold:
    """The model waits until the gate is open."""

    gate: asyncio.Event


@dataclass(frozen=True)
class Do:
    """Something happens meanwhile."""

    what: Callable[[], object]


Step = Say | Call | Hold | Do | Exception
Turn = Sequence[Step]


class ScriptedModel(Model):
    """Plays one turn per call, the last one again and again; keeps the conversations it was called with."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = list(turns)
        self.heard: list[list[Any]] = []
        self.finished = 0

    def update_config(self, **model_config: object) -> None: ...

    def get_config(self) -> Any:  # noqa: ANN401  as the base class has it
        return {"model_id": "scripted"}

    def structured_output(self, *_: object, **__: object) -> Any:  # noqa: ANN401  as the base class has it
        raise NotImplementedError

    async def stream(  # type: ignore[override]  # the names of what is not used here
        self, messages: list[Any], *_: object, **__: object
    ) -> AsyncGenerator[Chunk, None]:
        turn = self._turns[min(len(self.heard), len(self._turns) - 1)]
        self.heard.append(messages)
        yield {"messageStart": {"role": "assistant"}}
        for number, step in enumerate(turn):
            async for chunk in _play(step, f"{len(self.heard)}-{number}"):
                yield chunk
        calls = any(isinstance(step, Call) for step in turn)
        yield {"messageStop": {"stopReason": "tool_use" if calls else "end_turn"}}
        yield {"metadata": {"usage": {"inputTokens": 10, "outputTokens": 4, "totalTokens": 14}, "metrics": {}}}
        self.finished += 1


async def _play(step: Step, name: str) -> AsyncGenerator[Chunk, None]:
    match step:
        case Say(deltas):
            yield {"contentBlockStart": {"start": {}}}
            for delta in deltas:
                yield {"contentBlockDelta": {"delta": {"text": delta}}}
                await asyncio.sleep(0)
            yield {"contentBlockStop": {}}
        case Call(tool, given):
            yield {"contentBlockStart": {"start": {"toolUse": {"name": tool, "toolUseId": name}}}}
            yield {"contentBlockDelta": {"delta": {"toolUse": {"input": json.dumps(given)}}}}
            yield {"contentBlockStop": {}}
        case Hold(gate):
            await gate.wait()
        case Do(what):
            what()
        case Exception():
            raise step


class MemoryBucket:
    """An S3 client of one bucket, with conditions on the version."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.reads = 0
        self.exceptions = SimpleNamespace(NoSuchKey=KeyError)

    def get_object(self, *, Key: str, **_: object) -> dict[str, Any]:  # noqa: N803
        self.reads += 1
        body = self.objects[Key]
        return {"Body": io.BytesIO(body), "ETag": str(hash(body))}

    def put_object(
        self,
        *,
        Key: str,  # noqa: N803
        Body: bytes,  # noqa: N803
        IfMatch: str | None = None,  # noqa: N803
        **_: object,
    ) -> None:
        if IfMatch != (str(hash(self.objects[Key])) if Key in self.objects else None):
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
        self.objects[Key] = Body


class Stage:
    """A worker whose agent is driven by a scripted model, over a journal in memory and recorded sockets."""

    def __init__(self, journal: MemoryJournal, connections: Connections) -> None:
        self.journal = journal
        self.bucket = MemoryBucket()
        self.threads = Threads("test", 8)
        self.bench = Workbench(journal, connections, self.threads, self.threads)
        self.margin = 30.0
        self.mcp_servers: tuple[str, ...] = ()
        self.model = ScriptedModel([[Say(["Hello", " world"])]])
        self.tools: list[Any] = []
        self.builds = 0

    def accept(self, question: str = "How?", session_id: str | None = None, connection_id: str | None = "c1") -> str:
        """A run that waits for its worker."""
        run_id = new_run_id()
        self.journal.accept(
            NewRun(run_id, session_id or run_id, "owner", "scripted", question, connection_id, time.time() + 900)
        )
        return run_id

    def orchestrator(self) -> Orchestrator:
        """As a process builds it, with the one agent `scripted`."""
        self.builds += 1
        sessions = SessionStore("payloads", cast(Any, self.bucket))
        factory: AgentFactory = self._agent
        return Orchestrator(
            {"scripted": factory}, self.model, sessions, cast(Any, self.bucket), "data", self.mcp_servers, self.threads
        )

    def worker(self, build: Callable[[], Orchestrator] | None = None) -> Worker:
        return Worker(self.bench, OrchestratorSlot(build or self.orchestrator), self.margin)

    def serve(self, run_id: str, seconds: float = 900.0) -> None:
        """One invocation with so many seconds left, from its start to its end."""
        asyncio.run(self.worker().serve(run_id, seconds))

    def types(self, run_id: str) -> list[str]:
        return [event.type.value for event in self.journal.events[run_id]]

    def text(self, run_id: str) -> str:
        return "".join(event.data["text"] for event in self.journal.events[run_id] if event.type is EventType.TEXT)

    def end(self, run_id: str) -> Event:
        return self.journal.events[run_id][-1]

    def _agent(self, context: AgentContext) -> Agent:
        return Agent(
            model=context.model,
            messages=context.messages,
            tools=[*self.tools, *context.tools],
            retry_strategy=context.retry_strategy,
            callback_handler=None,
        )


@pytest.fixture
def stage(connections: Connections) -> Iterator[Stage]:
    made = Stage(MemoryJournal(), connections)
    yield made
    made.threads.close()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], Coroutine[Any, Any, None]]:
    """Awaits a condition on the event loop, for ten seconds at most."""

    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110  what is waited for may happen in a thread
                await asyncio.sleep(0.001)

    return wait
