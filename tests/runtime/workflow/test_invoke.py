import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from contract.errors import ErrorCode, RunError
from contract.events import Event, EventType, Status
from contract.step_request import StepRequest
from contract.trace_context import TraceContext
from runtime.environment import RuntimeAddress
from runtime.journal import Journal, NewRun
from runtime.process.task_tokens import TaskTokens
from runtime.workflow.invocation import AgentCore, Invocation
from runtime.workflow.invocation_errors import FailureKind, InvocationError
from runtime.workflow.invoke import AgentBusyError, AgentRefusedError, Invoker, NotInvokedError, handler

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
ANALYSTS = RuntimeAddress("arn:aws:bedrock-agentcore:us-east-1:1:runtime/analysts", "live", ("explorer", "reporter"))
OTHERS = RuntimeAddress("arn:aws:bedrock-agentcore:us-east-1:1:runtime/others", "live", ("writer",))
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
STEP: Mapping[str, Any] = {
    "run_id": RUN_ID,
    "agent": "explorer",
    "step": 1,
    "steps": 2,
    "attempt": 1,
    "traceparent": TRACEPARENT,
    "output": "",
    "seconds": 600,
    "heartbeat_seconds": 60,
    "next_agent": "reporter",
    "token": "",
}
HELD = InvocationError(FailureKind.UNSETTLED, ErrorCode.AGENT_LOST, "Agent explorer held its invocation open.")
REFUSED = InvocationError(FailureKind.REJECTED, ErrorCode.INTERNAL, "AgentCore has no such runtime.")
BUSY = InvocationError(FailureKind.BUSY, ErrorCode.THROTTLED, "AgentCore takes no invocation now.")


class PlayedAgentCore(AgentCore):
    """Has something happen while the agent is invoked, or fails; keeps what it was asked."""

    def __init__(self) -> None:
        self.happens: Callable[[], object] = lambda: None
        self.failure: InvocationError | None = None
        self.asked: list[tuple[Invocation, TraceContext]] = []

    def invoke(self, invocation: Invocation, trace: TraceContext) -> None:
        self.asked.append((invocation, trace))
        self.happens()
        if self.failure is not None:
            raise self.failure


class RecordingTokens(TaskTokens):
    """Keeps the answers."""

    def __init__(self) -> None:
        self.succeeded: list[tuple[str, Mapping[str, Any]]] = []
        self.failed: list[tuple[str, str, str]] = []

    def succeed(self, token: str, output: Mapping[str, Any]) -> None:
        self.succeeded.append((token, output))

    def fail(self, token: str, error: Exception) -> None:
        self.failed.append((token, type(error).__name__, str(error)))


@pytest.fixture
def journal(memory_journal: Journal) -> Journal:
    """Holds a background run that waits for its first agent."""
    run = NewRun(
        RUN_ID, RUN_ID, "jo", "analysis", "Why?", None, 1e12, workflow="arn:one", agents=("explorer", "writer")
    )
    memory_journal.accept(run)
    return memory_journal


@pytest.fixture
def agent_core() -> PlayedAgentCore:
    return PlayedAgentCore()


@pytest.fixture
def tokens() -> RecordingTokens:
    return RecordingTokens()


@pytest.fixture(autouse=True)
def process(
    journal: Journal, agent_core: PlayedAgentCore, tokens: RecordingTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function's process, with what it keeps between invocations."""
    monkeypatch.setattr(handler, "service", Invoker(journal, agent_core, (ANALYSTS, OTHERS), tokens))


def _invoke(**changes: object) -> dict[str, Any]:
    return handler({**STEP, **changes}, None)


def _events(journal: Journal) -> list[Event]:
    return journal.read(RUN_ID)[1:]


def test_a_journal_that_takes_no_entry_is_tried_again_before_an_agent_is_invoked(
    journal: Journal, agent_core: PlayedAgentCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise RunError(ErrorCode.THROTTLED, "The run journal takes no more requests now.")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "append", full)
        with pytest.raises(AgentBusyError, match="takes no more requests"):
            _invoke()

    assert agent_core.asked == []
    assert _invoke(attempt=2)["outcome"] == "started"


@pytest.mark.parametrize("method", ["head", "append"])
@pytest.mark.parametrize(
    "outage",
    [
        EndpointConnectionError(endpoint_url="https://dynamodb"),
        ReadTimeoutError(endpoint_url="https://dynamodb"),
        ClientError({"Error": {"Code": "InternalServerError"}, "ResponseMetadata": {"HTTPStatusCode": 500}}, "Query"),  # type: ignore[typeddict-item]
    ],
)
def test_a_journal_that_is_away_before_the_call_is_tried_again(
    journal: Journal,
    agent_core: PlayedAgentCore,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    outage: Exception,
) -> None:
    def away(*_: object) -> None:
        raise outage

    monkeypatch.setattr(journal, method, away)

    with pytest.raises(AgentBusyError, match="journal cannot be reached"):
        _invoke()
    assert agent_core.asked == []


@pytest.mark.parametrize("method", ["head", "append"])
@pytest.mark.parametrize("problem", [RunError(ErrorCode.UNKNOWN_RUN, "no such run"), KeyError("epoch")])
def test_what_fails_for_good_before_the_call_is_told_as_such(
    journal: Journal,
    agent_core: PlayedAgentCore,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    problem: Exception,
) -> None:
    def fail(*_: object) -> None:
        raise problem

    monkeypatch.setattr(journal, method, fail)

    with pytest.raises(NotInvokedError, match=type(problem).__name__):
        _invoke()
    assert agent_core.asked == []


@pytest.mark.parametrize("failure", [HELD, REFUSED])
@pytest.mark.parametrize("token", ["", "t"])
def test_a_journal_that_is_away_after_the_call_leaves_the_run_to_its_agent(
    journal: Journal,
    agent_core: PlayedAgentCore,
    tokens: RecordingTokens,
    monkeypatch: pytest.MonkeyPatch,
    failure: InvocationError,
    token: str,
) -> None:
    def away(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb")

    agent_core.failure = failure
    monkeypatch.setattr(journal, "mark_step_lost", away)

    assert _invoke(token=token) == {"outcome": "unsettled", "reply_ms": 0.0}
    assert (tokens.succeeded, tokens.failed) == ([], [])


@pytest.mark.parametrize("error", [MemoryError(), KeyError("response"), ValueError("odd")])
def test_an_invoker_that_stumbles_over_the_answer_asks_the_journal(
    journal: Journal, agent_core: PlayedAgentCore, error: Exception
) -> None:
    def stumble() -> None:
        journal.claim_step(RUN_ID, 1)
        raise error

    agent_core.happens = stumble

    assert _invoke()["outcome"] == "started"
    assert [event.type for event in _events(journal)] == [EventType.AGENT_INVOCATION_STARTED]


def test_the_invocation_is_in_the_journal_before_the_agent_is(journal: Journal, agent_core: PlayedAgentCore) -> None:
    seen: list[Event] = []
    agent_core.happens = lambda: seen.extend(_events(journal))

    answer = _invoke()

    (begun,) = seen
    assert (begun.type, begun.data) == (
        EventType.AGENT_INVOCATION_STARTED,
        {"agent": "explorer", "step": 1, "attempt": 1},
    )
    assert answer["outcome"] == "started"
    assert answer["reply_ms"] >= 0
    assert _events(journal) == seen, "that it succeeded is the agent's first word, not the invoker's"


def test_the_agent_is_told_its_step_and_where_it_runs(agent_core: PlayedAgentCore) -> None:
    _invoke(step=1.0, seconds=600.0, output="runs/x/steps/00-a.json")

    ((invocation, trace),) = agent_core.asked
    assert (invocation.address, invocation.session_id) == (ANALYSTS, RUN_ID)
    assert json.loads(invocation.payload) == {
        "agent": "explorer",
        "step": 1,
        "steps": 2,
        "output": "runs/x/steps/00-a.json",
        "seconds": 600,
        "heartbeat_seconds": 60,
        "runtime_arn": ANALYSTS.arn,
        "endpoint": "live",
        "token": "",
        "keep_session": True,
    }
    assert trace.trace_id == TRACEPARENT.split("-")[1]


def test_the_agents_host_understands_what_it_is_sent(agent_core: PlayedAgentCore) -> None:
    _invoke(token="t", output=f"runs/{RUN_ID}/steps/00-a.json")

    ((invocation, _),) = agent_core.asked
    job = StepRequest.from_invocation(json.loads(invocation.payload), invocation.session_id, TRACEPARENT, ["explorer"])
    assert (job.run_id, job.agent, job.step, job.steps, job.output) == (
        RUN_ID,
        "explorer",
        1,
        2,
        f"runs/{RUN_ID}/steps/00-a.json",
    )
    assert (job.seconds, job.heartbeat_seconds, job.token, job.keep_session) == (600, 60, "t", True)
    assert (job.runtime_arn, job.endpoint) == (ANALYSTS.arn, "live")


@pytest.mark.parametrize(("next_agent", "kept"), [("reporter", True), ("writer", False), ("", False)])
def test_a_session_is_kept_for_a_next_agent_of_the_same_runtime(
    agent_core: PlayedAgentCore, next_agent: str, kept: bool
) -> None:
    _invoke(next_agent=next_agent)

    assert json.loads(agent_core.asked[0][0].payload)["keep_session"] is kept


@pytest.mark.parametrize("failure", [HELD, REFUSED])
def test_an_agent_that_did_not_begin_has_lost_its_step(
    journal: Journal, agent_core: PlayedAgentCore, failure: InvocationError
) -> None:
    agent_core.failure = failure

    with pytest.raises(AgentRefusedError, match=failure.message):
        _invoke()

    told = _events(journal)[-1]
    assert told.type is EventType.AGENT_INVOCATION_FAILED
    assert told.data == {"agent": "explorer", "step": 1, "code": failure.code.value, "error": failure.message}
    with pytest.raises(RunError):
        journal.claim_step(RUN_ID, 1)


def test_an_agent_that_began_before_its_answer_was_lost_is_at_work(
    journal: Journal, agent_core: PlayedAgentCore
) -> None:
    agent_core.happens = lambda: journal.claim_step(RUN_ID, 1)
    agent_core.failure = HELD

    assert _invoke() == {"outcome": "started", "reply_ms": 0.0}
    assert [event.type for event in _events(journal)] == [EventType.AGENT_INVOCATION_STARTED]


def test_a_busy_agentcore_leaves_the_step_to_a_retry(journal: Journal, agent_core: PlayedAgentCore) -> None:
    agent_core.failure = BUSY
    with pytest.raises(AgentBusyError, match="takes no invocation now"):
        _invoke()
    agent_core.failure = None

    assert _invoke(attempt=2)["outcome"] == "started"
    _, failed, again = _events(journal)
    assert failed.data == {
        "agent": "explorer",
        "step": 1,
        "code": "THROTTLED",
        "error": BUSY.message,
        "attempt": 1,
        "retry": True,
    }
    assert again.data["attempt"] == 2


def test_an_agent_that_no_runtime_hosts_is_refused_by_name(journal: Journal, agent_core: PlayedAgentCore) -> None:
    with pytest.raises(
        AgentRefusedError, match="No runtime hosts agent seer; known agents: explorer, reporter, writer"
    ):
        _invoke(agent="seer")

    assert agent_core.asked == []
    assert _events(journal)[-1].data["code"] == "INVALID_REQUEST"


def test_a_step_that_has_begun_is_not_invoked_again(journal: Journal, agent_core: PlayedAgentCore) -> None:
    _invoke()
    journal.claim_step(RUN_ID, 1)

    assert _invoke()["outcome"] == "duplicate"
    assert len(agent_core.asked) == 1


def test_a_refusal_whose_answer_was_lost_still_stands(agent_core: PlayedAgentCore) -> None:
    agent_core.failure = REFUSED
    for _ in range(2):
        with pytest.raises(AgentRefusedError, match=REFUSED.message):
            _invoke()

    assert len(agent_core.asked) == 1


def test_a_run_that_has_ended_is_not_invoked(journal: Journal, agent_core: PlayedAgentCore) -> None:
    journal.close(RUN_ID, EventType.RUN_CANCELLED, {})

    assert _invoke()["outcome"] == "ended"
    assert agent_core.asked == []


def test_a_run_that_ends_during_a_failing_invocation_has_ended(journal: Journal, agent_core: PlayedAgentCore) -> None:
    agent_core.happens = lambda: journal.close(RUN_ID, EventType.RUN_CANCELLED, {})
    agent_core.failure = HELD

    assert _invoke()["outcome"] == "ended"
    assert journal.head(RUN_ID).status is Status.CANCELLED


@pytest.mark.parametrize(
    ("failure", "name"), [(HELD, "AgentRefusedError"), (REFUSED, "AgentRefusedError"), (BUSY, "AgentBusyError")]
)
def test_a_waiting_state_is_told_of_errors_by_its_token(
    agent_core: PlayedAgentCore, tokens: RecordingTokens, failure: InvocationError, name: str
) -> None:
    agent_core.failure = failure

    assert _invoke(token="t")["outcome"] == "failed"
    assert tokens.failed == [("t", name, failure.message)]


def test_a_waiting_state_is_told_of_a_journal_that_is_away(
    journal: Journal, tokens: RecordingTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_run_id: str) -> None:
        raise OSError("the table is away")

    monkeypatch.setattr(journal, "head", away)

    assert _invoke(token="t")["outcome"] == "failed"
    assert tokens.failed == [("t", "NotInvokedError", "OSError: the table is away")]


@pytest.mark.parametrize("is_made", [True, False], ids=["unreadable step", "no service"])
def test_a_waiting_state_is_notified_of_what_fails_before_the_step_is_read(
    monkeypatch: pytest.MonkeyPatch, is_made: bool
) -> None:
    failed: list[tuple[str, str, str]] = []
    monkeypatch.setattr(
        TaskTokens,
        "fail",
        lambda _self, token, error: failed.append((token, type(error).__name__, str(error).partition(":")[0])),
    )
    if not is_made:
        monkeypatch.delenv("LONGRUN_TABLE", raising=False)
        monkeypatch.setattr(handler, "service", None)

    reply = handler({**({} if is_made else STEP), "token": "t"}, None)

    assert reply == {"outcome": "failed", "reply_ms": 0.0}
    assert failed == [("t", "NotInvokedError", "KeyError" if is_made else "MissingVariableError")]


def test_the_agent_gets_the_token_and_answers_the_waiting_state(
    agent_core: PlayedAgentCore, tokens: RecordingTokens
) -> None:
    _invoke(token="t")

    assert json.loads(agent_core.asked[0][0].payload)["token"] == "t"
    assert (tokens.succeeded, tokens.failed) == ([], [])


def test_a_state_that_waits_for_a_run_that_has_ended_waits_no_longer(journal: Journal, tokens: RecordingTokens) -> None:
    journal.close(RUN_ID, EventType.RUN_CANCELLED, {})

    _invoke(token="t")

    assert tokens.succeeded == [("t", {"status": "CANCELLED", "output": ""})]


def test_warming_invokes_nothing(agent_core: PlayedAgentCore, journal: Journal) -> None:
    assert handler({"warm": True}, None) == {}
    assert (agent_core.asked, _events(journal)) == ([], [])


def test_the_module_is_imported_without_boto3_and_what_agents_are_made_of() -> None:
    heavy = {"boto3", "strands", "pydantic", "opentelemetry", "asyncio"}
    program = f"import sys, runtime.workflow.invoke; sys.exit(' '.join({heavy} & set(sys.modules)) or 0)"

    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)  # noqa: S603  this interpreter

    assert (done.returncode, done.stderr) == (0, "")
