"""What drives a whole worker in a test: a scripted model, a bucket in memory, and the worker over both."""

import asyncio
import io
import json
import threading
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

from botocore.exceptions import ClientError
from strands import Agent
from strands.models import Model

from contract.events import Event, EventType
from contract.questions import Question
from contract.run_ids import new_run_id
from runtime.agent_context import AgentContext, AgentFactory
from runtime.delivery.connections import Connections
from runtime.delivery.dependencies import Dependencies
from runtime.engine.conversations import ConversationStore
from runtime.engine.mcp.servers import McpServers
from runtime.engine.orchestrator import Orchestrator, OrchestratorSlot
from runtime.engine.runs.question_timers import QuestionTimers
from runtime.engine.runs.worker import Worker
from runtime.journal import NewRun
from runtime.process.threads import Threads
from tests.runtime.memory_journal import MemoryJournal

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
class Raw:
    """The model calls a tool with this text for its arguments."""

    name: str
    text: str


@dataclass(frozen=True)
class Until:
    """The model thinks until the condition holds."""

    condition: Callable[[], object]


@dataclass(frozen=True)
class Hold:
    """The model thinks until the gate is open or the call is cancelled."""

    gate: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Do:
    """Something happens meanwhile."""

    what: Callable[[], object]


@dataclass(frozen=True)
class End:
    """The model ends its message for this reason; for none its stream breaks off."""

    reason: str | None


Step = Say | Call | Raw | Until | Hold | Do | End | Exception
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
        self, messages: list[Any], *_: object, cancel_signal: threading.Event, **__: object
    ) -> AsyncGenerator[Chunk, None]:
        turn = self._turns[min(len(self.heard), len(self._turns) - 1)]
        self.heard.append(messages)
        yield {"messageStart": {"role": "assistant"}}
        said = [step for step in turn if not isinstance(step, End)]
        for number, step in enumerate(said):
            async for chunk in _play(step, f"{len(self.heard)}-{number}", cancel_signal):
                yield chunk
        calls = any(isinstance(step, Call | Raw) for step in turn)
        ends = [step.reason for step in turn if isinstance(step, End)] or ["tool_use" if calls else "end_turn"]
        if ends == [None]:
            return
        yield {"messageStop": {"stopReason": ends[0]}}
        yield {"metadata": {"usage": {"inputTokens": 10, "outputTokens": 4, "totalTokens": 14}, "metrics": {}}}
        self.finished += 1


async def _play(step: Step, name: str, cancelled: threading.Event) -> AsyncGenerator[Chunk, None]:
    match step:
        case Say(deltas):
            yield {"contentBlockStart": {"start": {}}}
            for delta in deltas:
                yield {"contentBlockDelta": {"delta": {"text": delta}}}
                await asyncio.sleep(0)
            yield {"contentBlockStop": {}}
        case Call() | Raw():
            for chunk in _call(step, name):
                yield chunk
        case Until(condition):
            await _until(condition)
        case Hold(gate):
            while not (gate.is_set() or cancelled.is_set()):  # noqa: ASYNC110  set by other threads
                await asyncio.sleep(0.001)
        case Do(what):
            what()
        case Exception():
            raise step


def _call(step: Call | Raw, name: str) -> list[Chunk]:
    text = step.text if isinstance(step, Raw) else json.dumps(step.input)
    return [
        {"contentBlockStart": {"start": {"toolUse": {"name": step.name, "toolUseId": name}}}},
        {"contentBlockDelta": {"delta": {"toolUse": {"input": text}}}},
        {"contentBlockStop": {}},
    ]


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  what is waited for happens in a thread
            await asyncio.sleep(0.001)


class MemoryBucket:
    """An S3 client of one bucket, with conditions on the version; it lists two keys a page."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.metadata: dict[str, dict[str, str]] = {}
        self.reads = 0
        self.exceptions = SimpleNamespace(NoSuchKey=KeyError)

    def get_object(self, *, Key: str, **_: object) -> dict[str, Any]:  # noqa: N803
        self.reads += 1
        body = self.objects[Key]
        return {
            "Body": io.BytesIO(body),
            "ContentLength": len(body),
            "ETag": str(hash(body)),
            "Metadata": self.metadata.get(Key, {}),
        }

    def put_object(
        self,
        *,
        Key: str,  # noqa: N803
        Body: bytes,  # noqa: N803
        IfMatch: str | None = None,  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
        Metadata: dict[str, str] | None = None,  # noqa: N803
        **_: object,
    ) -> None:
        version = str(hash(self.objects[Key])) if Key in self.objects else None
        if IfMatch not in {None, version} or (IfNoneMatch and version):
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
        self.objects[Key] = Body
        self.metadata[Key] = Metadata or {}

    def get_paginator(self, _: str) -> SimpleNamespace:
        def paginate(*, Prefix: str, **_: object) -> list[dict[str, Any]]:  # noqa: N803
            keys = [{"Key": key} for key in self.objects if key.startswith(Prefix)]
            return [{"Contents": keys[at : at + 2]} for at in range(0, len(keys), 2)] or [{}]

        return SimpleNamespace(paginate=paginate)


QUESTION_SECONDS = 3_600.0


class RecordedTimers(QuestionTimers):
    """Keeps the timers that are set: the runs and the questions."""

    def __init__(self) -> None:
        super().__init__("timers", "arn:role")
        self.set_for: list[tuple[str, Question]] = []

    def set(self, run_id: str, question: Question) -> None:
        self.set_for.append((run_id, question))


class Stage:
    """A worker whose agent is driven by a scripted model, over a journal in memory and recorded sockets."""

    def __init__(self, journal: MemoryJournal, connections: Connections) -> None:
        self.journal = journal
        self.bucket = MemoryBucket()
        self.threads = Threads("test", 8)
        self.bench = Dependencies(journal, connections, self.threads, self.threads, QUESTION_SECONDS)
        self.margin = 2.0
        self.timers = RecordedTimers()
        self.mcp_servers: tuple[str, ...] = ()
        self.model = ScriptedModel([[Say(["Hello", " world"])]])
        self.tools: list[Any] = []
        self.options: dict[str, Any] = {}
        self.builds = 0

    def accept(self, question: str = "How?", session_id: str | None = None, connection_id: str | None = "c1") -> str:
        """A run that waits for its worker."""
        run_id = new_run_id()
        self.journal.accept(
            NewRun(run_id, session_id or run_id, "owner", "scripted", question, connection_id, time.time() + 900)
        )
        return run_id

    def orchestrator(self, works: bool = True) -> Orchestrator:
        """As a process builds it, with the one agent `scripted`; without any it does not pass its check."""
        self.builds += 1
        sessions = ConversationStore("payloads", cast(Any, self.bucket))
        factory: AgentFactory = self._agent
        return Orchestrator(
            factories={"scripted": factory} if works else {},
            model=self.model,
            conversations=sessions,
            s3=cast(Any, self.bucket),
            data_bucket="data",
            payload_bucket="payloads",
            mcp_servers=McpServers(self.mcp_servers),
            threads=self.threads,
        )

    def worker(self, build: Callable[[], Orchestrator] | None = None) -> Worker:
        return Worker(self.bench, OrchestratorSlot(build or self.orchestrator), self.margin, self.timers)

    def serve(self, run_id: str, seconds: float = 12.0) -> None:
        """One invocation with so many seconds left, from its start to its end."""
        asyncio.run(self.worker().serve(run_id, seconds))

    def connect(self, connections: Connections) -> None:
        """Use these sockets instead."""
        self.bench = replace(self.bench, connections=connections)

    @staticmethod
    def when(condition: Callable[[], object], gate: threading.Event) -> None:
        """Open the gate once the condition holds, however long the test's model has been thinking."""

        async def watch() -> None:
            while not condition():  # noqa: ASYNC110  what is waited for happens in a thread
                await asyncio.sleep(0.001)
            gate.set()

        task = asyncio.get_running_loop().create_task(watch())
        task.add_done_callback(lambda done: done.result())

    @staticmethod
    async def others_ended() -> None:
        """Wait for what a worker left on the event loop."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait_for(asyncio.gather(*others), 10)

    def types(self, run_id: str) -> list[str]:
        return [event.type.value for event in self.journal.events[run_id]]

    def text(self, run_id: str) -> str:
        return "".join(event.data["text"] for event in self.journal.events[run_id] if event.type is EventType.TEXT)

    def said(self) -> list[tuple[str, str]]:
        """The newest conversation that the model was called with: who said what, a tool's call or result by its
        kind."""
        return [
            (message["role"], str(block.get("text", next(iter(block)))))
            for message in self.model.heard[-1]
            for block in message["content"]
        ]

    def end(self, run_id: str) -> Event:
        return self.journal.events[run_id][-1]

    def _agent(self, context: AgentContext) -> Agent:
        return context.agent(system_prompt=None, tools=self.tools, **self.options)
