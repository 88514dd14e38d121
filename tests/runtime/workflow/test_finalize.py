from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from contract.errors import ErrorCode, RunError
from contract.events import EventType, Status
from runtime.delivery.connections import Connections
from runtime.delivery.end_notifier import EndNotifier
from runtime.delivery.turns import TurnDelivery
from runtime.environment import RuntimeAddress
from runtime.journal import Journal, NewRun
from runtime.process.runtime_sessions import RuntimeSessions
from runtime.process.task_tokens import TaskTokens
from runtime.workflow.finalize import Finalizer, handler
from runtime.workflow.session_logs import SessionLogs
from runtime.workflow.waiting import WaitingRuns

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
OTHER_ID = "01926e3c-7c1a-7d00-8000-0123456789ac"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:machine:one"
ANALYSTS = RuntimeAddress("arn:aws:bedrock-agentcore:us-east-1:1:runtime/analysts", "live", ("explorer",))
WRITERS = RuntimeAddress("arn:aws:bedrock-agentcore:us-east-1:1:runtime/writers", "live", ("writer",))
Sent = list[tuple[str, dict[str, Any]]]
Close = Callable[..., dict[str, str]]
NOTHING = {"status": "", "code": "", "sentence": ""}


class PlayedSessions(RuntimeSessions):
    """Notes what is stopped; `happens` is what else that brings about."""

    def __init__(self) -> None:
        self.stopped: list[tuple[RuntimeAddress, str]] = []
        self.state = "ended"
        self.happens: Callable[[], object] = lambda: None

    def stop(self, address: RuntimeAddress, session_id: str) -> str:
        self.stopped.append((address, session_id))
        self.happens()
        return self.state


class PlayedLogs(SessionLogs):
    """Has two lines of every session."""

    def __init__(self) -> None:
        self.asked: list[tuple[RuntimeAddress, str]] = []

    def last_lines(self, address: RuntimeAddress, session_id: str, since: date) -> list[str]:
        assert since <= datetime.now(UTC).date()
        self.asked.append((address, session_id))
        return ["reading", "MemoryError: no room"]


@pytest.fixture
def journal(memory_journal: Journal) -> Journal:
    """Holds a background run whose first agent is at work, followed by two connections."""
    run = NewRun(RUN_ID, RUN_ID, "jo", "analysis", "Why?", None, 1e12, EXECUTION, "", ("explorer", "writer"))
    memory_journal.accept(run)
    memory_journal.append(RUN_ID, EventType.AGENT_INVOCATION_STARTED, {"agent": "explorer", "step": 1, "attempt": 1})
    memory_journal.claim_step(RUN_ID, 1)
    memory_journal.subscribe(RUN_ID, "c1", 0)
    memory_journal.subscribe(RUN_ID, "c2", 2)
    return memory_journal


@pytest.fixture
def sessions() -> PlayedSessions:
    return PlayedSessions()


@pytest.fixture
def logs() -> PlayedLogs:
    return PlayedLogs()


@pytest.fixture
def close(
    journal: Journal,
    connections: Connections,
    sessions: PlayedSessions,
    logs: PlayedLogs,
    monkeypatch: pytest.MonkeyPatch,
) -> Close:
    """Orders the run closed, by default as lost."""
    waiting = WaitingRuns(journal, TurnDelivery(journal, connections), TaskTokens())
    service = Finalizer(journal, sessions, logs, EndNotifier(connections), (ANALYSTS, WRITERS), waiting)
    monkeypatch.setattr(handler, "service", service)

    def order(**changes: object) -> dict[str, str]:
        payload = {"run_id": RUN_ID, "reason": "AGENT_LOST", "agent": "explorer", "step": 1, "error": "", "cause": ""}
        return handler({**payload, **changes}, None)

    return order


@pytest.fixture
def fail(close: Close) -> Close:  # noqa: ARG001  makes the closer
    """Tells of the end of an execution, by default the run's own."""

    def tell(**changes: object) -> dict[str, str]:
        event = f'{{"id": "{RUN_ID}", "detail": {{"question": "Why?"}}}}'
        detail = {"executionArn": EXECUTION, "status": "ABORTED", "input": event, **changes}
        return handler({"source": "aws.states", "detail": detail}, None)

    return tell


def test_a_lost_agents_run_ends_with_what_is_known_of_it(
    close: Close, journal: Journal, sessions: PlayedSessions, logs: PlayedLogs
) -> None:
    answer = close()

    ending = journal.read(RUN_ID)[-1]
    heartbeat = ending.data["last_heartbeat"]
    assert ending.type is EventType.RUN_FAILED
    assert ending.data == {
        "code": "AGENT_LOST",
        "error": f"Agent explorer (step 1) sent its last heartbeat at {heartbeat}, and its session had ended: "
        "start the question again under a new run id.",
        "last_heartbeat": heartbeat,
        "session": "ended",
        "log": ["reading", "MemoryError: no room"],
    }
    assert answer == {"status": "FAILED", "code": "AGENT_LOST", "sentence": ending.data["error"]}
    assert journal.head(RUN_ID).error == {"code": "AGENT_LOST", "error": ending.data["error"]}
    assert sessions.stopped == logs.asked == [(ANALYSTS, RUN_ID)]


def test_the_tools_that_ran_when_the_agent_was_lost_are_named(close: Close, journal: Journal) -> None:
    for call, name in (("1", "read"), ("2", "crash"), ("3", "count")):
        journal.append(RUN_ID, EventType.TOOL_CALL, {"tool_use_id": call, "name": name, "input": {}})
    journal.append(RUN_ID, EventType.TOOL_RESULT, {"tool_use_id": "1", "status": "success", "content": "x"})

    assert (
        ", with its tools crash and count called and without a result, and its session had ended: "
        in close()["sentence"]
    )


def test_the_tools_of_an_earlier_step_are_not_named(close: Close, journal: Journal) -> None:
    journal.append(RUN_ID, EventType.TOOL_CALL, {"tool_use_id": "1", "name": "crash", "input": {}})
    journal.append(RUN_ID, EventType.AGENT_INVOCATION_STARTED, {"agent": "writer", "step": 2, "attempt": 1})

    assert "crash" not in close(agent="writer", step=2)["sentence"]


def test_a_journal_that_cannot_be_read_does_not_keep_a_lost_run_from_its_end(
    close: Close, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(journal, "latest", unreadable)

    assert close()["code"] == "AGENT_LOST"


def test_an_agent_that_was_invoked_and_never_began_has_no_heartbeat(close: Close, journal: Journal) -> None:
    close(agent="writer", step=2)

    ending = journal.read(RUN_ID)[-1]
    assert ending.data["last_heartbeat"] is None
    assert "Agent writer (step 2) sent no heartbeat" in ending.data["error"]


def test_an_agent_that_never_began_is_told_with_the_error_of_its_invoker(close: Close, journal: Journal) -> None:
    cause = '{"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with error: signal: killed"}'
    journal.change(RUN_ID, heartbeat_at=0.0, step=0, epoch=0)  # type: ignore[attr-defined]

    answer = close(error="Runtime.ExitError", cause=cause)

    assert answer["code"] == "AGENT_LOST"
    assert answer["sentence"] == (
        "Agent explorer (step 1) sent no heartbeat after the call of its invoker failed (Runtime.ExitError: Runtime "
        "exited with error: signal: killed), and its session had ended: start the question again under a new run id."
    )


def test_an_agent_that_began_is_not_told_with_the_error_of_its_invoker(close: Close) -> None:
    sentence = close(error="Runtime.ExitError", cause="killed")["sentence"]

    assert "sent its last heartbeat" in sentence
    assert "ExitError" not in sentence


@pytest.mark.parametrize("error", ["States.DataLimitExceeded", "States.Runtime"])
def test_an_execution_that_failed_by_what_nothing_catches_ends_its_run_with_it(
    fail: Close, sessions: PlayedSessions, error: str
) -> None:
    answer = fail(status="FAILED", error=error, cause="odd")

    assert (answer["status"], answer["code"]) == ("FAILED", "INTERNAL")
    assert f"({error}: odd)" in answer["sentence"]
    assert len(sessions.stopped) == 1


def test_an_agent_that_is_only_silent_is_stopped(close: Close, journal: Journal, sessions: PlayedSessions) -> None:
    sessions.state = "stopped"

    close()

    assert journal.read(RUN_ID)[-1].data["session"] == "stopped"


@pytest.mark.parametrize(
    ("reason", "kind", "code"),
    [
        ("TIMED_OUT", EventType.RUN_TIMED_OUT, "TIMED_OUT"),
        ("CANCELLED", EventType.RUN_CANCELLED, "CANCELLED"),
        ("FAILED", EventType.RUN_FAILED, "INTERNAL"),
    ],
)
def test_a_run_that_is_given_up_has_ended_before_its_session_is_stopped(
    close: Close, journal: Journal, sessions: PlayedSessions, reason: str, kind: EventType, code: str
) -> None:
    ended: list[bool] = []
    sessions.happens = lambda: ended.append(journal.head(RUN_ID).status.is_terminal)

    answer = close(reason=reason, error="States.Runtime", cause="odd")

    assert journal.read(RUN_ID)[-1].type is kind
    assert answer["code"] == code
    assert ended == [True], "an agent that is asked to go writes an end of its own"
    assert sessions.stopped == [(ANALYSTS, RUN_ID)]


def test_a_timeout_names_the_agent_and_what_to_do(close: Close) -> None:
    sentence = close(reason="TIMED_OUT")["sentence"]

    assert "Agent explorer (step 1) did not finish in the time" in sentence
    assert "deploy with a longer time" in sentence


def test_a_refused_invocation_is_told_in_the_invokers_words(close: Close, journal: Journal) -> None:
    told = {"agent": "writer", "step": 2, "code": "INTERNAL", "error": "AgentCore has no such runtime."}
    journal.append(RUN_ID, EventType.AGENT_INVOCATION_FAILED, told)

    answer = close(reason="FAILED", step=2, agent="writer", error="AgentRefusedError", cause='{"errorMessage": "x"}')

    assert answer == {"status": "FAILED", "code": "INTERNAL", "sentence": "AgentCore has no such runtime."}


def test_a_workflows_failure_is_told_without_a_stack(close: Close, journal: Journal) -> None:
    cause = '{"errorMessage": "the table is away", "errorType": "OSError", "stackTrace": ["  File x, line 1"]}'

    close(reason="FAILED", error="OSError", cause=cause)

    told = journal.read(RUN_ID)[-1].data
    assert told["error"] == "The run's workflow failed (OSError: the table is away); see its execution for details."


def test_a_function_that_cannot_run_is_told_with_the_reason_of_its_state(close: Close, journal: Journal) -> None:
    cause = "The function is currently in the following state: Failed (Service: Lambda, Status Code: 409)"

    close(reason="FAILED", error="Lambda.ResourceConflictException", cause=cause)

    assert journal.read(RUN_ID)[-1].data["error"] == (
        f"A function of the run's workflow cannot run (Lambda.ResourceConflictException: {cause}); "
        "'longrun status' shows its state."
    )


def test_followers_get_what_nobody_sent_and_the_end(close: Close, journal: Journal, sent: Sent) -> None:
    events = journal.events[RUN_ID]  # type: ignore[attr-defined]
    events[:] = [replace(event, at="2026-11-01T00:00:00.000Z") for event in events]
    journal.heartbeat(RUN_ID, 1)
    journal.append(RUN_ID, EventType.CANCEL_REQUESTED, {})

    close()

    told: dict[str, list[object]] = {"c1": [], "c2": []}
    for to, frame in sent:
        told[to].append(frame["event"]["seq"] if frame["type"] == "event" else frame["code"])
    assert told == {"c1": [3, "AGENT_LOST", 4], "c2": [3, "AGENT_LOST", 4]}


def test_followers_of_an_agent_that_died_at_its_claim_get_everything_after_their_numbers(
    close: Close, journal: Journal, sent: Sent
) -> None:
    events = journal.events[RUN_ID]  # type: ignore[attr-defined]
    events[:] = [replace(event, at="2026-11-01T00:00:00.000Z") for event in events]

    close()

    posted = [(to, frame["event"]["seq"]) for to, frame in sent if frame["type"] == "event"]
    assert posted == [("c1", 1), ("c1", 2), ("c1", 3), ("c2", 3)]
    assert journal.head(RUN_ID).subscribers == {}


def test_a_run_that_no_worker_ever_had_is_told_from_its_beginning(close: Close, journal: Journal, sent: Sent) -> None:
    journal.change(RUN_ID, heartbeat_at=0.0, step=0, epoch=0)  # type: ignore[attr-defined]

    close()

    assert [frame["event"]["seq"] for to, frame in sent if to == "c1" and frame["type"] == "event"] == [1, 2, 3]


def test_who_comes_while_the_run_is_closed_is_told_too(
    close: Close, journal: Journal, sessions: PlayedSessions, sent: Sent
) -> None:
    sessions.happens = lambda: journal.subscribe(RUN_ID, "c3", 0)

    close()

    assert "c3" in {to for to, _ in sent}


def test_closing_twice_is_closing_once(close: Close, journal: Journal, sent: Sent, sessions: PlayedSessions) -> None:
    first = close()
    frames = len(sent)

    assert close() == first
    assert [event.type.ends_run for event in journal.read(RUN_ID)].count(True) == 1
    assert (len(sent), len(sessions.stopped)) == (frames, 1)


def test_an_agent_that_ends_its_run_first_has_the_last_word(
    close: Close, journal: Journal, sessions: PlayedSessions, sent: Sent
) -> None:
    sessions.happens = lambda: journal.close(RUN_ID, EventType.RUN_SUCCEEDED, {})

    assert close()["status"] == "SUCCEEDED"
    assert sent == []


def test_an_agent_that_no_runtime_hosts_has_no_session_to_stop(
    close: Close, journal: Journal, sessions: PlayedSessions
) -> None:
    close(agent="seer")

    assert sessions.stopped == []
    assert journal.read(RUN_ID)[-1].data["session"] == "unknown"
    assert journal.read(RUN_ID)[-1].data["log"] == []


def test_an_unknown_run_is_an_error_of_the_state_machine(close: Close) -> None:
    with pytest.raises(RunError) as caught:
        close(run_id=OTHER_ID)

    assert caught.value.code is ErrorCode.UNKNOWN_RUN


@pytest.mark.parametrize(
    ("done", "agent", "address"), [(0, "explorer (step 1)", ANALYSTS), (1, "writer (step 2)", WRITERS)]
)
def test_a_workflow_that_timed_out_ends_its_run_and_the_session_of_whose_turn_it_is(
    fail: Close, journal: Journal, sessions: PlayedSessions, done: int, agent: str, address: RuntimeAddress
) -> None:
    journal.change(RUN_ID, step_done=done)  # type: ignore[attr-defined]

    answer = fail(status="TIMED_OUT")

    assert answer["status"] == "TIMED_OUT"
    assert agent in answer["sentence"]
    assert sessions.stopped == [(address, RUN_ID)]


def test_a_stopped_execution_ends_its_run_and_says_by_whom(fail: Close, sessions: PlayedSessions) -> None:
    answer = fail(error="Stopped", cause="by hand")

    assert (answer["status"], answer["code"]) == ("FAILED", "AGENT_LOST")
    assert "workflow was stopped (Stopped: by hand)" in answer["sentence"]
    assert len(sessions.stopped) == 1


def test_another_execution_of_the_same_event_cannot_end_the_run(fail: Close, journal: Journal) -> None:
    assert fail(executionArn=f"{EXECUTION}-again") == NOTHING
    assert journal.head(RUN_ID).status is Status.RUNNING


def test_an_execution_whose_run_is_not_known_is_let_go(fail: Close) -> None:
    assert fail(input=f'{{"id": "{OTHER_ID}"}}') == NOTHING
    assert fail(input="{}") == NOTHING


def test_warming_closes_nothing(close: Close, journal: Journal) -> None:  # noqa: ARG001  makes the closer
    assert handler({"warm": True}, None) == NOTHING
    assert journal.head(RUN_ID).status is Status.RUNNING
