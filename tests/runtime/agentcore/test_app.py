"""The agents' host over real HTTP: what AgentCore sees of it, while an agent works in the background."""

import json
import runpy
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from bedrock_agentcore import BedrockAgentCoreApp
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from strands import ToolContext, tool

import runtime.agentcore.agent_main
from contract.step_request import StepRequest
from runtime.agentcore.app import AgentApp, create_app
from runtime.agentcore.step_worker import StepDependencies
from runtime.delivery.connections import Connections
from runtime.engine.metrics import Metrics
from runtime.journal import Journal
from runtime.tracing.telemetry import Telemetry
from tests.runtime.background_stage import TRACEPARENT, BackgroundStage
from tests.runtime.stage import Call, Do, Hold, Say, ScriptedModel, Stage
from tests.runtime.table_stage import TableStage

SESSION = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
PATIENCE = 10.0


def until(condition: Callable[[], object]) -> None:
    """Waits for what another thread does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(0.002)


@dataclass
class Served:
    """An application behind a port of this machine, as AgentCore reaches it."""

    server: uvicorn.Server
    thread: threading.Thread
    ended: list[str] = field(default_factory=list)

    def invoke(self, payload: object, session_id: str | None, **headers: str) -> tuple[int, dict[str, Any]]:
        if session_id is not None:
            headers[SESSION] = session_id
        return self._ask("POST", "/invocations", json.dumps(payload), headers)

    def ping(self) -> str:
        status, answer = self._ask("GET", "/ping", None, {})
        assert status == 200
        return str(answer["status"])

    def stop(self) -> None:
        """What SIGTERM does, and the wait for the end."""
        self.server.should_exit = True
        self.thread.join(15)
        assert not self.thread.is_alive()

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        (listening,) = self.server.servers[0].sockets
        connection = HTTPConnection("127.0.0.1", listening.getsockname()[1], timeout=PATIENCE)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json", **headers})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()


@pytest.fixture
def serve() -> Iterator[Callable[[BedrockAgentCoreApp], Served]]:
    """Serves applications until the test's end."""
    apps: list[tuple[BedrockAgentCoreApp, Served]] = []

    def start(app: BedrockAgentCoreApp) -> Served:
        server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", 0, log_level="warning", ws="none"))
        served = Served(server, threading.Thread(target=server.run))
        apps.append((app, served))
        served.thread.start()
        until(lambda: server.started)
        return served

    yield start
    for app, served in apps:
        served.stop()
        loop, thread = app._worker_loop, app._worker_thread  # noqa: SLF001  it has no way to end them
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(PATIENCE)
            loop.close()


@pytest.fixture
def background(stage: Stage) -> BackgroundStage:
    return BackgroundStage(stage)


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def ended() -> list[StepRequest]:
    """The steps behind which the host ended its session."""
    return []


@pytest.fixture
def served(
    serve: Callable[[BedrockAgentCoreApp], Served],
    background: BackgroundStage,
    spans: InMemorySpanExporter,
    ended: list[StepRequest],
) -> Served:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))

    def create() -> AgentApp:
        return AgentApp(("scripted",), background.workshop, Telemetry(provider), end(ended))

    return serve(create_app(create))


def order(job: StepRequest) -> dict[str, Any]:
    """The payload of an invocation."""
    return {"agent": job.agent, "step": job.step, "steps": job.steps, "keep_session": job.keep_session}


def test_an_invocation_is_answered_before_the_agent_begins(
    served: Served, background: BackgroundStage, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = background.accept()
    claim, begin = stage.journal.claim_step, threading.Event()
    monkeypatch.setattr(stage.journal, "claim_step", lambda *args: begin.wait(PATIENCE) and claim(*args))

    answer = served.invoke(order(job), job.run_id)

    assert answer == (200, {"status": "started"})
    assert stage.types(job.run_id) == ["RUN_ACCEPTED"]
    assert served.ping() == "HealthyBusy"
    begin.set()
    until(lambda: served.ping() == "Healthy")
    assert stage.types(job.run_id)[-1] == "RUN_SUCCEEDED"


def test_what_blocks_when_a_step_begins_does_not_hold_up_its_answer(
    served: Served, background: BackgroundStage, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = background.accept()
    began, release = threading.Event(), threading.Event()

    def block_the_loop() -> Metrics:
        began.set()
        release.wait(PATIENCE)
        return Metrics()

    monkeypatch.setattr("runtime.agentcore.step_worker.Metrics", block_the_loop)

    assert served.invoke(order(job), job.run_id) == (200, {"status": "started"})
    assert began.wait(PATIENCE)
    assert served.ping() == "HealthyBusy"
    release.set()
    until(lambda: stage.types(job.run_id)[-1] == "RUN_SUCCEEDED")


@pytest.mark.parametrize("blocks", ["a thread", "the loop"])
def test_a_blocking_tool_leaves_the_host_answering_that_it_is_busy(
    served: Served, background: BackgroundStage, stage: Stage, blocks: str
) -> None:
    inside, release = threading.Event(), threading.Event()

    @tool
    def look() -> str:
        """Look."""
        inside.set()
        release.wait(PATIENCE)
        return "seen"

    @tool(name="look")
    async def look_on_the_loop() -> str:
        """Look."""
        inside.set()
        release.wait(PATIENCE)
        return "seen"

    stage.tools = [look if blocks == "a thread" else look_on_the_loop]
    stage.model = ScriptedModel([[Call("look")], [Say(["Seen."])]])
    job = background.accept()

    served.invoke(order(job), job.run_id)
    assert inside.wait(PATIENCE)
    began = time.monotonic()
    answers = {served.ping() for _ in range(5)}
    took = time.monotonic() - began
    release.set()
    until(lambda: served.ping() == "Healthy")

    assert answers == {"HealthyBusy"}
    assert took < PATIENCE / 2
    assert stage.text(job.run_id) == "Seen."


def test_the_heart_beats_on_while_a_tool_blocks(served: Served, background: BackgroundStage, stage: Stage) -> None:
    inside, release = threading.Event(), threading.Event()

    @tool
    def look() -> str:
        """Look."""
        inside.set()
        release.wait(PATIENCE)
        return "seen"

    stage.tools = [look]
    stage.model = ScriptedModel([[Call("look")], [Say(["Seen."])]])
    job = background.accept()

    served.invoke(order(job), job.run_id)
    assert inside.wait(PATIENCE)
    before = stage.journal.head(job.run_id).heartbeat_at
    until(lambda: stage.journal.head(job.run_id).heartbeat_at > before)
    release.set()
    until(lambda: stage.types(job.run_id)[-1] == "RUN_SUCCEEDED")


def test_a_session_is_kept_for_the_next_step_and_ended_behind_the_last(
    served: Served, background: BackgroundStage, stage: Stage, ended: list[StepRequest]
) -> None:
    job = background.accept(steps=2)

    served.invoke(order(job), job.run_id)
    until(lambda: stage.journal.head(job.run_id).step_done == 1 and served.ping() == "Healthy")
    assert ended == []
    served.invoke(order(background.following(job)), job.run_id)
    until(lambda: served.ping() == "Healthy")

    assert [(step.run_id, step.step) for step in ended] == [(job.run_id, 2)]
    assert stage.types(job.run_id)[-1] == "RUN_SUCCEEDED"


def test_a_session_whose_run_ends_badly_is_ended_though_it_was_to_be_kept(
    served: Served, background: BackgroundStage, stage: Stage, ended: list[StepRequest]
) -> None:
    job = background.accept(steps=2)
    stage.model = ScriptedModel([[ValueError("no")]])

    served.invoke(order(job), job.run_id)
    until(lambda: ended)

    assert stage.types(job.run_id)[-1] == "RUN_FAILED"


def test_an_invocation_that_comes_twice_starts_one_step(
    served: Served, background: BackgroundStage, stage: Stage, ended: list[StepRequest]
) -> None:
    gate = threading.Event()
    stage.model = ScriptedModel([[Hold(gate), Say(["x"])]])
    job = background.accept()

    answers = [served.invoke(order(job), job.run_id) for _ in range(2)]
    gate.set()
    until(lambda: ended)

    assert answers == [(200, {"status": "started"}), (200, {"status": "duplicate"})]
    assert stage.types(job.run_id).count("AGENT_INVOCATION_SUCCEEDED") == 1


@pytest.fixture
def table_stage(journal: Journal, connections: Connections) -> Iterator[TableStage]:
    """Over DynamoDB Local: the journal in memory has no questions."""
    made = TableStage(journal, connections)
    yield made
    made.threads.close()


@tool(context="context")
def ask(context: ToolContext) -> str:
    """Ask the user."""
    return str(context.interrupt("choice", reason={"text": "Which?"}))


@pytest.mark.dynamodb
def test_an_answer_that_comes_before_the_step_has_ended_starts_it_again_in_its_session(
    serve: Callable[[BedrockAgentCoreApp], Served],
    table_stage: TableStage,
    ended: list[StepRequest],
) -> None:
    """The spans of a step are sent after it has stopped, which takes up to seconds."""
    stage, background = table_stage, BackgroundStage(table_stage)
    sending, sent = threading.Event(), threading.Event()
    telemetry = SlowTelemetry(TracerProvider(), sending, sent)
    served = serve(create_app(lambda: AgentApp(("scripted",), background.workshop, telemetry, end(ended))))
    stage.tools = [ask]
    stage.model = ScriptedModel([[Call("ask", {})], [Say(["Done."])]])
    job = background.accept()

    served.invoke(order(job), job.run_id)
    assert sending.wait(PATIENCE)
    stage.table_journal.questions.answer(job.run_id, None, "this one")
    assert served.invoke(order(job), job.run_id) == (200, {"status": "duplicate"})
    sent.set()
    until(lambda: ended)

    assert stage.types(job.run_id)[-1] == "RUN_SUCCEEDED"
    assert stage.types(job.run_id).count("ANSWER") == 1
    assert len(ended) == 1


@pytest.mark.dynamodb
def test_a_session_that_is_ending_says_so_to_the_invocation_with_the_answer(
    serve: Callable[[BedrockAgentCoreApp], Served],
    table_stage: TableStage,
) -> None:
    stage, background = table_stage, BackgroundStage(table_stage)
    stopping, stopped = threading.Event(), threading.Event()

    def stop(_: StepRequest) -> bool:
        stopping.set()
        return stopped.wait(PATIENCE)

    served = serve(create_app(lambda: AgentApp(("scripted",), background.workshop, Telemetry(TracerProvider()), stop)))
    stage.tools = [ask]
    stage.model = ScriptedModel([[Call("ask", {})], [Say(["Done."])]])
    job = background.accept()

    served.invoke(order(job), job.run_id)
    assert stopping.wait(PATIENCE)
    stage.table_journal.questions.answer(job.run_id, None, "this one")
    during = served.invoke(order(job), job.run_id)
    stopped.set()

    assert during == (200, {"status": "ending"})
    assert stage.types(job.run_id)[-1] == "ANSWER"
    assert stage.journal.head(job.run_id).step == 0


class SlowTelemetry(Telemetry):
    """Its first flush lasts until `sent`."""

    def __init__(self, provider: TracerProvider, sending: threading.Event, sent: threading.Event) -> None:
        super().__init__(provider)
        self._sending = sending
        self._sent = sent

    def flush(self, seconds: float) -> bool:
        self._sending.set()
        self._sent.wait(PATIENCE)
        return super().flush(seconds)


def end(ended: list[StepRequest]) -> Callable[[StepRequest], bool]:
    """Notes the step, and ends nothing."""

    def note(step: StepRequest) -> bool:
        ended.append(step)
        return False

    return note


def test_a_step_that_another_session_has_begun_leaves_its_session_alone(
    served: Served, background: BackgroundStage, stage: Stage, ended: list[StepRequest]
) -> None:
    job = background.accept()
    stage.journal.claim_step(job.run_id, 1)

    assert served.invoke(order(job), job.run_id) == (200, {"status": "started"})
    until(lambda: served.ping() == "Healthy")

    assert stage.types(job.run_id) == ["RUN_ACCEPTED"]
    assert ended == []


@pytest.mark.parametrize(
    ("payload", "session_id", "said"),
    [
        ({"agent": "scripted", "step": 1}, None, "The invocation has no session id"),
        ({"agent": "scripted", "step": 1}, "too-short", 'The invocation has the session id "too-short"'),
        ({"prompt": "Hello"}, "0" * 36, "The payload has no step"),
        ({"agent": "other", "step": 1}, "0" * 36, 'Agent "other" is not hosted here; hosted agents: scripted.'),
        ("hello", "0" * 36, "The payload is a JSON string"),
    ],
)
def test_an_invocation_that_makes_no_sense_is_refused_with_a_sentence(
    served: Served, payload: object, session_id: str | None, said: str
) -> None:
    status, answer = served.invoke(payload, session_id)

    assert status == 400
    assert said in answer["error"]
    assert served.ping() == "Healthy"


def test_a_host_that_lacks_a_variable_says_so_at_every_invocation(
    serve: Callable[[BedrockAgentCoreApp], Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LONGRUN_TABLE", raising=False)
    served = serve(create_app())

    status, answer = served.invoke({"agent": "scripted", "step": 1}, "0" * 36)

    assert (status, served.ping()) == (500, "Healthy")
    assert answer["error"].startswith("environment variable LONGRUN_TABLE is not set")


def test_a_workshop_that_cannot_be_made_is_told_in_the_log(
    serve: Callable[[BedrockAgentCoreApp], Served], capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> StepDependencies:
        raise ValueError("no region")

    served = serve(create_app(lambda: AgentApp(("scripted",), broken, Telemetry(TracerProvider()))))

    assert served.invoke({"agent": "scripted", "step": 1}, "0" * 36) == (200, {"status": "started"})
    until(lambda: served.ping() == "Healthy")

    assert '"event": "agents.step_failed"' in capsys.readouterr().out


def test_a_session_that_is_ended_from_outside_leaves_its_run_ended(
    served: Served, background: BackgroundStage, stage: Stage, ended: list[StepRequest]
) -> None:
    speaking = threading.Event()
    stage.model = ScriptedModel([[Say(["Half of "]), Do(speaking.set), Hold()]])
    job = background.accept()

    served.invoke(order(job), job.run_id)
    assert speaking.wait(PATIENCE)
    began = time.monotonic()
    served.stop()

    assert time.monotonic() - began < PATIENCE
    end = stage.end(job.run_id)
    assert (end.type.value, end.data["code"]) == ("RUN_FAILED", "AGENT_LOST")
    assert stage.text(job.run_id) == "Half of "
    assert ended == []


def test_a_host_without_work_ends_at_once(served: Served) -> None:
    began = time.monotonic()

    served.stop()

    assert time.monotonic() - began < PATIENCE / 2


def test_a_step_hangs_below_the_span_of_its_invoker(
    served: Served, background: BackgroundStage, ended: list[StepRequest], spans: InMemorySpanExporter
) -> None:
    job = background.accept()

    served.invoke(order(job), job.run_id, traceparent=TRACEPARENT)
    until(lambda: ended)

    (step,) = [span for span in spans.get_finished_spans() if span.name == "step scripted"]
    assert step.parent is not None
    assert f"00-{step.parent.trace_id:032x}-{step.parent.span_id:016x}-01" == TRACEPARENT


def test_the_artefacts_root_serves_every_address_when_started_and_nothing_when_imported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[dict[str, Any]] = []
    monkeypatch.setattr("uvicorn.run", lambda _app, **options: started.append(options))
    root = Path(runtime.agentcore.agent_main.__file__)

    runpy.run_path(str(root), run_name="agent_main")
    assert started == []
    runpy.run_path(str(root), run_name="__main__")

    assert [(options["host"], options["port"]) for options in started] == [("0.0.0.0", 8080)]  # noqa: S104
