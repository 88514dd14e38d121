"""What drives the functions of the ReAct workflow in a test, in the place of the state machine: a scripted model, a
bucket in memory, and a journal that the test gives."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast
from uuid import uuid4

from strands import Agent

from contract.events import Event, EventType
from runtime.agent_context import AgentContext, AgentFactory
from runtime.delivery.connections import Connections
from runtime.delivery.dependencies import Dependencies
from runtime.delivery.next_runs import NextRuns
from runtime.delivery.turns import TurnDelivery
from runtime.engine.conversations import ConversationStore
from runtime.engine.mcp.servers import McpServers
from runtime.engine.orchestrator import Orchestrator, OrchestratorSlot
from runtime.journal import Journal
from runtime.process.conversation_files import ConversationFiles
from runtime.process.dispatch import Dispatcher
from runtime.process.task_tokens import TaskTokens
from runtime.process.threads import Threads
from runtime.react.acceptance import Acceptance, Execution
from runtime.react.agent.agents_process import AgentsProcess
from runtime.react.append_tool_output import AppendToolOutput
from runtime.react.data_query import DataQuery
from runtime.react.dispatch_tool import DispatchTool
from runtime.react.ending.run_end import RunEnd
from runtime.react.environment import Budget
from runtime.react.finalizer import Finalizer
from runtime.react.handle_error import HandleError
from runtime.react.handle_finish import HandleFinish
from runtime.react.handle_timeout import HandleTimeout
from runtime.react.invoke_llm import InvokeLLM
from runtime.react.parse_initial_query import ParseInitialQuery
from runtime.react.send_prompt import SendPrompt
from runtime.react.turn_files import TurnFiles
from tests.runtime.stage import MemoryBucket, Say, ScriptedModel, Turn

MACHINE = "arn:aws:states:us-east-1:000000000000:execution:agent-sm"
Reply = Mapping[str, Any]


class RecordedTokens(TaskTokens):
    """Keeps what is reported to waiting states."""

    def __init__(self) -> None:
        super().__init__(cast("Any", None))
        self.sent: list[tuple[str, str, str]] = []

    def beat(self, token: str) -> bool:
        self.sent.append(("heartbeat", token, ""))
        return True

    def succeed(self, token: str, output: Mapping[str, Any]) -> None:
        self.sent.append(("success", token, str(output)))

    def fail(self, token: str, error: Exception) -> None:
        self.sent.append(("failure", token, f"{type(error).__name__}: {error}"))


class RecordedDispatcher(Dispatcher):
    """Keeps the runs whose worker is invoked."""

    def __init__(self) -> None:
        super().__init__(cast("Any", None), "worker")
        self.dispatched: list[str] = []

    def dispatch(self, run_id: str, traceparent: str = "") -> None:  # noqa: ARG002  as the original
        self.dispatched.append(run_id)


class ReactStage:
    """All functions over one journal and one bucket. `seconds` are those that a function has left, `seq` is the number
    of the newest event that the state machine knows of."""

    def __init__(self, journal: Journal, connections: Connections, clock: Callable[[], float] = time.time) -> None:
        self.journal = journal
        self.clock = clock
        self.bucket = MemoryBucket()
        self.model = ScriptedModel([[Say(["Hello world"])]])
        self.tools: list[Any] = []
        self.options: dict[str, Any] = {}
        self.budget = Budget(turns=5, tokens=0, cost=0.0, input_price=0.0, output_price=0.0)
        self.tokens = RecordedTokens()
        self.dispatcher = RecordedDispatcher()
        self.seconds = 60.0
        self.seq = 0
        self.threads = Threads("test", 8)
        self.files = TurnFiles("payloads", cast("Any", self.bucket))
        self.delivery = TurnDelivery(journal, connections)
        dependencies = Dependencies(journal, connections, self.threads, self.threads, 3_600)
        self.process = AgentsProcess(dependencies, OrchestratorSlot(self.orchestrator), self.files)
        self.name = str(uuid4())

    def close(self) -> None:
        self.process.close()
        self.threads.close()

    def orchestrator(self) -> Orchestrator:
        factory: AgentFactory = self._agent
        return Orchestrator(
            factories={"scripted": factory},
            model=self.model,
            conversations=ConversationStore("payloads", cast("Any", self.bucket)),
            s3=cast("Any", self.bucket),
            data_bucket="data",
            payload_bucket="payloads",
            mcp_servers=McpServers(()),
            threads=self.threads,
        )

    def script(self, *turns: Turn) -> None:
        """What the model plays, one turn per call, the last one again and again."""
        self.model = ScriptedModel(turns)

    @property
    def run_id(self) -> str:
        return self.name

    @property
    def execution(self) -> str:
        return f"{MACHINE}:{self.name}"

    def parse(self, given: object = None, name: str | None = None) -> Reply:
        document = {"query": {"text": "How?"}} if given is None else given
        execution = Execution(f"{MACHINE}:{name or self.name}", name or self.name, document)
        return ParseInitialQuery(self.acceptance()).parse(execution, "")

    def acceptance(self) -> Acceptance:
        return Acceptance(self.journal, ("scripted",), 900, self.clock)

    def invoke(self, turn: int, attempt: int = 1) -> Reply:
        invoke = InvokeLLM(self.process, self.budget)
        return self._noted(invoke.invoke(self.run_id, turn, attempt, self.seconds, self.seq))

    def dispatch(self, turn: int, tool_use_id: str) -> Reply:
        return DispatchTool(self.journal, self.files).dispatch(self.run_id, turn, tool_use_id)

    def query(self, turn: int, dispatched: Reply) -> Reply:
        query = DataQuery(self.process, self.clock)
        return query.run(self.run_id, turn, dispatched["tool_use_id"], dispatched["job"], self.seconds)

    def call(self, turn: int, tool_use_id: str) -> Reply:
        """One item of the Map: dispatched, and run in data-query where it is not done."""
        dispatched = self.dispatch(turn, tool_use_id)
        return dispatched if dispatched["route"] == "DONE" else self.query(turn, dispatched)

    def prompt(self, turn: int, tool_use_ids: Sequence[str], token: str = "token") -> int:  # noqa: S107  no secret
        sender = SendPrompt(self.journal, self.files, self.tokens, self.delivery, 3_600, self.clock)
        return sender.ask(self.run_id, turn, token, tool_use_ids)

    def append(self, turn: int, results: Sequence[Reply]) -> Reply:
        append = AppendToolOutput(self.journal, self.files, self.delivery, self.budget)
        return self._noted(append.append(self.run_id, turn, results, self.seq))

    def finish(self, turn: int, reason: str) -> Reply:
        return HandleFinish(self.journal, self.files, self.end(), self.budget).finish(self.run_id, turn, reason)

    def error(self, state: str, error: str, cause: str = "") -> Reply:
        return HandleError(self.journal, self.end()).handle(self.run_id, state, error, cause)

    def timeout(self, state: str) -> Reply:
        return HandleTimeout(self.journal, self.end(), self.delivery, self.clock).handle(self.run_id, state)

    def finalizer(self) -> Finalizer:
        return Finalizer(self.journal, self.acceptance(), self.end())

    def end(self) -> RunEnd:
        conversations = ConversationFiles("payloads", cast("Any", self.bucket))
        next_runs = NextRuns(self.journal, lambda: self.dispatcher)
        return RunEnd(self.journal, self.files, conversations, self.tokens, self.delivery, next_runs)

    def play(self, given: object = None) -> Reply:
        """The whole machine, for a run that asks nothing; returns how it has ended."""
        parsed = self.parse(given)
        turn = 1
        while parsed["next"] == "RUN":
            reply = self.invoke(turn)
            if reply["next"] == "TOOLS":
                items = [self.call(turn, call["tool_use_id"]) for call in reply["calls"]]
                reply = self.append(turn, items)
            if reply["next"] == "FINISH":
                return self.finish(turn, reply["reason"])
            turn += 1
        return parsed

    def events(self) -> list[Event]:
        return self.journal.read(self.run_id)

    def types(self) -> list[str]:
        return [event.type.value for event in self.events()]

    def text(self) -> str:
        return "".join(event.data["text"] for event in self.events() if event.type is EventType.TEXT)

    def _noted(self, reply: Reply) -> Reply:
        self.seq = reply.get("seq", 0)
        return reply

    def _agent(self, context: AgentContext) -> Agent:
        return context.agent(system_prompt=None, tools=self.tools, **self.options)
