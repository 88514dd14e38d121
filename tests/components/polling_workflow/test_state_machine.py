"""The state machine run for real by the emulator, on the journal's own items, its waits a hundredth of their length."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from components.polling_workflow.args import DEFAULTS
from components.polling_workflow.limits import Limits
from components.state_machine.expressions import MESSAGE
from contract.events import EventType
from tests.components.polling_workflow.emulated import EmulatedWorkflow, FunctionError, emulated_workflow
from tests.components.polling_workflow.test_definition import EVENTS

pytestmark = pytest.mark.sandbox

SCALE = 0.01
QUICK = Limits(agent=600, workflow=600, heartbeat=60, poll=1, poll_max=60)
CLOSED = {"status": "FAILED", "code": "AGENT_LOST", "sentence": "The agent gave no sign."}


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedWorkflow]:
    with emulated_workflow(tmp_path_factory.mktemp("emulated"), SCALE) as made:
        yield made


def started(_: Mapping[str, Any]) -> object:
    return {"outcome": "started", "reply_ms": 1.0}


def test_agents_work_in_turn_each_with_its_predecessors_output(emulated: EmulatedWorkflow) -> None:
    run_id = emulated.accept("explorer", "reporter")

    def invoke(request: Mapping[str, Any]) -> object:
        emulated.complete(run_id, request["step"], last=request["step"] == request["steps"])
        return started(request)

    emulated.functions.answers["invoker"] = invoke
    ended = emulated.run(QUICK, {"id": "event"})
    first, second = emulated.functions.called("invoker")

    assert (ended["status"], ended["output"]) == ("SUCCEEDED", {"run_id": run_id, "status": "SUCCEEDED"})
    assert emulated.functions.called("start") == [{"event": {"id": "event"}, "execution": ended["executionArn"]}]
    assert first == {
        "run_id": run_id,
        "agent": "explorer",
        "next_agent": "reporter",
        "step": 1,
        "steps": 2,
        "attempt": 1,
        "traceparent": "00-1-2-01",
        "output": "",
        "seconds": 600,
        "heartbeat_seconds": 60,
        "token": "",
    }
    changed = {key: value for key, value in second.items() if first[key] != value}
    assert changed == {
        "agent": "reporter",
        "next_agent": "",
        "step": 2,
        "output": "output-1",
        "seconds": second["seconds"],
    }
    assert 500 < second["seconds"] <= 600
    assert emulated.functions.called("finalizer") == []


def test_pipeline_of_one_agent_is_a_list_too(emulated: EmulatedWorkflow) -> None:
    run_id = emulated.accept("explorer")

    def invoke(request: Mapping[str, Any]) -> object:
        emulated.complete(run_id, 1, last=True)
        return started(request)

    emulated.functions.answers["invoker"] = invoke

    assert emulated.run(QUICK)["status"] == "SUCCEEDED"
    (request,) = emulated.functions.called("invoker")
    assert (request["agent"], request["next_agent"], request["steps"]) == ("explorer", "", 1)


def test_repeated_event_starts_nothing(emulated: EmulatedWorkflow) -> None:
    run_id = emulated.accept("explorer")
    taken = {"claimed": False, "run_id": run_id, "agents": ["explorer"], "traceparent": ""}
    emulated.functions.answers["start"] = lambda _: taken

    ended = emulated.run(QUICK)

    assert (ended["status"], ended["output"]) == ("SUCCEEDED", {"run_id": run_id, "status": "REPEATED"})
    assert emulated.functions.called("invoker") == []


def test_run_that_fails_by_itself_fails_the_state_machine_with_its_own_words(emulated: EmulatedWorkflow) -> None:
    run_id = emulated.accept("explorer")
    error = {"code": "MODEL_ERROR", "error": "The model did not answer."}

    def invoke(request: Mapping[str, Any]) -> object:
        emulated.begin(run_id, 1).finish(EventType.RUN_FAILED, error, {}, error)
        return started(request)

    emulated.functions.answers["invoker"] = invoke
    ended = emulated.run(QUICK)

    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "MODEL_ERROR", "The model did not answer.")
    assert emulated.functions.called("finalizer") == []


def test_agent_that_sends_no_heartbeat_is_closed_as_lost(emulated: EmulatedWorkflow) -> None:
    run_id = emulated.accept("explorer")
    impatient = Limits(agent=28_800, workflow=28_800, heartbeat=1, poll=1, poll_max=10)

    def invoke(request: Mapping[str, Any]) -> object:
        emulated.begin(run_id, 1)
        return started(request)

    emulated.functions.answers |= {"invoker": invoke, "finalizer": lambda _: CLOSED}
    ended = emulated.run(impatient)

    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "AGENT_LOST", "The agent gave no sign.")
    assert emulated.functions.called("finalizer") == [
        {"run_id": run_id, "reason": "AGENT_LOST", "step": 1, "agent": "explorer", "error": "", "cause": ""}
    ]


def test_agent_that_lives_is_waited_for_until_its_time_is_over(emulated: EmulatedWorkflow) -> None:
    run_id = emulated.accept("explorer")
    short = Limits(agent=60, workflow=900, heartbeat=60, poll=5, poll_max=10)

    def invoke(request: Mapping[str, Any]) -> object:
        emulated.begin(run_id, 1)
        return started(request)

    emulated.functions.answers |= {"invoker": invoke, "finalizer": lambda _: {**CLOSED, "status": "TIMED_OUT"}}
    ended = emulated.run(short)
    (request,) = emulated.functions.called("finalizer")

    assert (ended["status"], request["reason"]) == ("FAILED", "TIMED_OUT")
    assert emulated.entered(ended["executionArn"]).count("Wait") == 12


def test_run_that_is_cancelled_before_its_agent_begins_is_closed(emulated: EmulatedWorkflow) -> None:
    run_id = emulated.accept("explorer", "reporter")

    def invoke(request: Mapping[str, Any]) -> object:
        emulated.journal.request_cancel(run_id)
        return started(request)

    cancelled = {"status": "CANCELLED", "code": "CANCELLED", "sentence": "The run was cancelled."}
    emulated.functions.answers |= {"invoker": invoke, "finalizer": lambda _: cancelled}
    ended = emulated.run(QUICK)

    assert (ended["status"], ended["output"]) == ("SUCCEEDED", {"run_id": run_id, "status": "CANCELLED"})
    assert [request["reason"] for request in emulated.functions.called("finalizer")] == ["CANCELLED"]


def test_run_that_is_cancelled_between_two_agents_does_not_begin_the_second(emulated: EmulatedWorkflow) -> None:
    run_id = emulated.accept("explorer", "reporter")

    def invoke(request: Mapping[str, Any]) -> object:
        emulated.complete(run_id, 1, last=False)
        emulated.journal.request_cancel(run_id)
        return started(request)

    cancelled = {"status": "CANCELLED", "code": "CANCELLED", "sentence": "The run was cancelled."}
    emulated.functions.answers |= {"invoker": invoke, "finalizer": lambda _: cancelled}

    assert emulated.run(QUICK)["output"]["status"] == "CANCELLED"
    assert len(emulated.functions.called("invoker")) == 1


def test_an_invoker_that_dies_after_its_call_leaves_the_run_to_its_agents(emulated: EmulatedWorkflow) -> None:
    run_id = emulated.accept("explorer", "reporter")

    def invoke(request: Mapping[str, Any]) -> object:
        emulated.complete(run_id, request["step"], last=request["step"] == request["steps"])
        raise FunctionError("Runtime exited with error: signal: killed")

    emulated.functions.answers["invoker"] = invoke
    ended = emulated.run(QUICK)

    assert (ended["status"], ended["output"]) == ("SUCCEEDED", {"run_id": run_id, "status": "SUCCEEDED"})
    assert len(emulated.functions.called("invoker")) == 2
    assert emulated.functions.called("finalizer") == []


def test_an_invoker_that_dies_before_its_call_ends_the_run_as_lost_with_its_error(emulated: EmulatedWorkflow) -> None:
    emulated.accept("explorer")
    impatient = Limits(agent=28_800, workflow=28_800, heartbeat=1, poll=1, poll_max=10)

    def fail(_: Mapping[str, Any]) -> object:
        raise FunctionError("out of memory")

    emulated.functions.answers |= {"invoker": fail, "finalizer": lambda _: CLOSED}
    ended = emulated.run(impatient)
    (request,) = emulated.functions.called("finalizer")

    assert (ended["status"], ended["error"]) == ("FAILED", "AGENT_LOST")
    assert (request["reason"], request["error"]) == ("AGENT_LOST", "Runtime.HandlerError")
    assert "out of memory" in request["cause"]


def test_an_invoker_that_died_is_not_named_for_an_agent_that_is_lost_later(emulated: EmulatedWorkflow) -> None:
    run_id = emulated.accept("explorer", "reporter")
    impatient = Limits(agent=28_800, workflow=28_800, heartbeat=1, poll=1, poll_max=10)

    def invoke(request: Mapping[str, Any]) -> object:
        if request["step"] == 1:
            emulated.complete(run_id, 1, last=False)
            raise FunctionError("out of memory")
        return started(request)

    emulated.functions.answers |= {"invoker": invoke, "finalizer": lambda _: CLOSED}
    emulated.run(impatient)
    (request,) = emulated.functions.called("finalizer")

    assert (request["reason"], request["step"], request["error"], request["cause"]) == ("AGENT_LOST", 2, "", "")


@pytest.mark.parametrize("error", ["Runtime.ExitError", "Sandbox.Timedout", "Lambda.Unknown", "States.TaskFailed"])
def test_a_task_whose_token_fails_while_its_agent_is_at_work_goes_on_by_the_journal(
    emulated: EmulatedWorkflow, error: str
) -> None:
    run_id = emulated.accept("explorer", "reporter")

    def invoke(request: Mapping[str, Any]) -> object:
        emulated.complete(run_id, request["step"], last=request["step"] == request["steps"])
        emulated.report_failure(request["token"], error, f"the reason of {error}")
        return started(request)

    emulated.functions.answers["invoker"] = invoke
    ended = emulated.run(QUICK, callback=True)

    assert (ended["status"], ended["output"]) == ("SUCCEEDED", {"run_id": run_id, "status": "SUCCEEDED"})
    assert [request["step"] for request in emulated.functions.called("invoker")] == [1, 2]


@pytest.mark.parametrize("error", ["AgentRefusedError", "NotInvokedError"])
def test_an_invoker_that_knows_of_no_agent_ends_the_run_at_once(emulated: EmulatedWorkflow, error: str) -> None:
    emulated.accept("explorer")

    def invoke(request: Mapping[str, Any]) -> object:
        emulated.report_failure(request["token"], error, f"the reason of {error}")
        return started(request)

    failed = {"status": "FAILED", "code": "INTERNAL", "sentence": "No such runtime."}
    emulated.functions.answers |= {"invoker": invoke, "finalizer": lambda _: failed}
    ended = emulated.run(QUICK, callback=True)
    (request,) = emulated.functions.called("finalizer")

    assert (ended["status"], ended["error"]) == ("FAILED", "INTERNAL")
    assert (request["reason"], request["error"], request["cause"]) == ("FAILED", error, f"the reason of {error}")


def test_a_step_whose_report_is_lost_is_followed_by_the_next(emulated: EmulatedWorkflow) -> None:
    run_id = emulated.accept("explorer", "reporter")
    silent = Limits(agent=600, workflow=600, heartbeat=1, poll=1, poll_max=60)

    def invoke(request: Mapping[str, Any]) -> object:
        emulated.complete(run_id, request["step"], last=request["step"] == request["steps"])
        return started(request)

    emulated.functions.answers["invoker"] = invoke

    assert emulated.run(silent, callback=True)["status"] == "SUCCEEDED"
    assert [request["step"] for request in emulated.functions.called("invoker")] == [1, 2]
    assert emulated.functions.called("finalizer") == []


def test_an_agent_that_never_began_is_lost_when_its_task_gets_no_heartbeat(emulated: EmulatedWorkflow) -> None:
    emulated.accept("explorer")
    silent = Limits(agent=600, workflow=600, heartbeat=1, poll=1, poll_max=60)
    emulated.functions.answers |= {"invoker": started, "finalizer": lambda _: CLOSED}

    ended = emulated.run(silent, callback=True)

    assert ended["error"] == "AGENT_LOST"
    assert [request["reason"] for request in emulated.functions.called("finalizer")] == ["AGENT_LOST"]
    assert "Wait" not in emulated.entered(ended["executionArn"])


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        ("", "Lambda.Unknown"),
        ("{", "{"),
        ('{"errorMessage": "cut of', '{"errorMessage": "cut of'),
        ('{"errorType": "KeyError"}', "Lambda.Unknown"),
        ('{"errorMessage": null}', "Lambda.Unknown"),
        ('{"errorMessage": "the journal is away", "stackTrace": ["File x"]}', "the journal is away"),
        ("plain words", "plain words"),
    ],
)
def test_every_cause_of_an_error_makes_a_message(emulated: EmulatedWorkflow, cause: str, message: str) -> None:
    """No Catch covers the expressions of a Catch, so they must not fail."""

    def fail(request: Mapping[str, Any]) -> object:
        emulated.report_failure(request["token"], "Lambda.Unknown", cause)
        return {}

    emulated.functions.answers["invoker"] = fail
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": {"FunctionName": "invoker", "Payload": {"token": "{% $states.context.Task.Token %}"}},
        "TimeoutSeconds": 30,
        "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {"sentence": MESSAGE}, "Next": "Failed"}],
        "Next": "Failed",
    }
    failed = {"Type": "Fail", "Error": "INTERNAL", "Cause": "{% $sentence %}"}
    machine = {"QueryLanguage": "JSONata", "StartAt": "Task", "States": {"Task": task, "Failed": failed}}

    assert emulated.run_text(json.dumps(machine))["cause"] == message


def test_start_handler_that_fails_fails_the_state_machine_with_a_message(emulated: EmulatedWorkflow) -> None:
    emulated.accept("explorer")

    def fail(_: Mapping[str, Any]) -> object:
        raise FunctionError("the journal is busy")

    emulated.functions.answers["start"] = fail
    ended = emulated.run(QUICK)

    assert (ended["status"], ended["error"]) == ("FAILED", "INTERNAL")
    assert ended["cause"].endswith("the journal is busy")
    assert len(emulated.functions.called("start")) == 4


def test_finalizer_that_fails_leaves_the_state_machine_failed_and_the_rule_to_try_again(
    emulated: EmulatedWorkflow,
) -> None:
    emulated.accept("explorer")

    def fail(_: Mapping[str, Any]) -> object:
        raise FunctionError("the journal is away")

    emulated.functions.answers |= {"invoker": fail, "finalizer": fail}
    ended = emulated.run(QUICK)

    assert (ended["status"], ended["error"]) == ("FAILED", "INTERNAL")
    assert len(emulated.functions.called("finalizer")) == 4


def test_eight_hours_of_waiting_stay_below_5000_events_of_history(emulated: EmulatedWorkflow) -> None:
    run_id = emulated.accept("explorer")
    patient = Limits(agent=28_800, workflow=28_800, heartbeat=900, poll=DEFAULTS.poll, poll_max=DEFAULTS.poll_max)

    def invoke(request: Mapping[str, Any]) -> object:
        emulated.begin(run_id, 1)
        return started(request)

    emulated.functions.answers |= {"invoker": invoke, "finalizer": lambda _: {**CLOSED, "status": "TIMED_OUT"}}
    with emulated.waits_scaled(0.0001):
        ended = emulated.run(patient)
    entered = emulated.entered(ended["executionArn"])
    events = 2 + sum(EVENTS[kind] for kind in entered)

    assert ended["status"] == "FAILED"
    assert entered.count("Wait") == 516
    assert 4_500 < events < 5_000
