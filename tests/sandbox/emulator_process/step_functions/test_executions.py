"""How executions start, wait and end, on the emulator."""

import json
from pathlib import Path
from uuid import uuid4

import pytest

from sandbox.errors import SandboxError
from tests.sandbox.emulator_process.step_functions.machines import Machines, seconds_of
from tests.sandbox.harness import running

pytestmark = pytest.mark.sandbox

WAIT = {"Type": "Wait", "Seconds": 60, "End": True}
PASS = {"Type": "Pass", "End": True}
MISSING_FUNCTION = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Arguments": {"FunctionName": "absent"},
    "TimeoutSeconds": 5,
    "End": True,
}


def test_a_machine_that_outlives_its_time_ends_as_timed_out_and_says_so_on_the_bus(machines: Machines) -> None:
    machine = machines.make({"Wait": WAIT}, TimeoutSeconds=1)
    queue = machines.watch(machine, "TIMED_OUT")
    execution = machines.start(machine, {"word": "rosebud"})

    ended = machines.end_of(execution)

    assert ended["status"] == "TIMED_OUT"
    assert 1 <= seconds_of(ended) < 10
    reported = json.loads(machines.received(queue))
    assert reported["detail-type"] == "Step Functions Execution Status Change"
    assert reported["detail"]["executionArn"] == execution
    assert json.loads(reported["detail"]["input"]) == {"word": "rosebud"}
    assert machines.history(execution)[-1] == "ExecutionTimedOut"


def test_the_machines_time_also_ends_a_task_that_waits_for_its_token(machines: Machines) -> None:
    queue = machines.queue()
    task = machines.token_task(queue, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Caught"}])
    execution = machines.start(machines.make({"Task": task, "Caught": PASS}, TimeoutSeconds=1))
    token = machines.received(queue)

    assert machines.end_of(execution)["status"] == "TIMED_OUT"
    with pytest.raises(machines.sfn.exceptions.TaskTimedOut):
        machines.sfn.send_task_success(taskToken=token, output="{}")
    assert "PassStateEntered" not in machines.history(execution)


def test_a_stopped_execution_is_reported_on_the_bus_stays_aborted_and_runs_nothing_more(machines: Machines) -> None:
    queue = machines.queue()
    task = machines.token_task(queue, Retry=[{"ErrorEquals": ["States.ALL"]}])
    machine = machines.make({"Task": task})
    watched = machines.watch(machine, "ABORTED")
    execution = machines.start(machine)
    token = machines.received(queue)

    machines.sfn.stop_execution(executionArn=execution, error="Stopped", cause="by a test")

    reported = json.loads(machines.received(watched))["detail"]
    assert (reported["executionArn"], reported["status"]) == (execution, "ABORTED")
    assert (reported["error"], reported["cause"]) == ("Stopped", "by a test")
    with pytest.raises(machines.sfn.exceptions.TaskTimedOut):
        machines.sfn.send_task_failure(taskToken=token, error="Late")
    ended = machines.described(execution)
    assert (ended["status"], ended["error"], ended["cause"]) == ("ABORTED", "Stopped", "by a test")
    last = machines.sfn.get_execution_history(executionArn=execution, reverseOrder=True)["events"][0]
    assert last["type"] == "ExecutionAborted"
    assert last["executionAbortedEventDetails"] == {"error": "Stopped", "cause": "by a test"}


@pytest.mark.parametrize(
    "given", [{}, {"error": "Budget"}, {"cause": 'the budget of \u20ac 5 is "used up"'}, {"error": "", "cause": ""}]
)
def test_a_stopped_execution_reports_only_what_its_stopper_said(machines: Machines, given: dict[str, str]) -> None:
    machine = machines.make({"Wait": WAIT})
    watched = machines.watch(machine, "ABORTED")
    execution = machines.start(machine)

    machines.sfn.stop_execution(executionArn=execution, **given)

    reported = json.loads(machines.received(watched))["detail"]
    described = machines.described(execution)
    for name in ("error", "cause"):
        assert (reported[name] or None) == described.get(name) == (given.get(name) or None)


def test_the_event_of_a_failed_execution_has_its_error_and_its_cause(machines: Machines) -> None:
    machine = machines.make({"Fail": {"Type": "Fail", "Error": "Odd", "Cause": "for a test"}})
    watched = machines.watch(machine, "FAILED")
    machines.start(machine)

    reported = json.loads(machines.received(watched))["detail"]
    assert (reported["error"], reported["cause"]) == ("Odd", "for a test")


def test_a_running_execution_that_is_started_again_with_its_input_answers_with_itself(machines: Machines) -> None:
    machine, name = machines.make({"Wait": WAIT}), f"execution-{uuid4().hex}"
    execution = machines.start(machine, {"n": 1}, name)

    assert machines.start(machine, {"n": 1}, name) == execution
    with pytest.raises(machines.sfn.exceptions.ExecutionAlreadyExists):
        machines.start(machine, {"n": 2}, name)
    machines.sfn.stop_execution(executionArn=execution)
    with pytest.raises(machines.sfn.exceptions.ExecutionAlreadyExists):
        machines.start(machine, {"n": 1}, name)


def test_an_error_of_the_machine_itself_is_caught_by_nobody(machines: Machines) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:absentservice:do",
        "TimeoutSeconds": 5,
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
        "End": True,
    }

    ended = machines.run({"Task": task, "Caught": PASS})

    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")


def test_other_errors_are_caught(machines: Machines) -> None:
    task = {**MISSING_FUNCTION, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]}

    assert machines.run({"Task": task, "Caught": PASS})["status"] == "SUCCEEDED"


def test_waits_pass_in_the_part_of_their_time_that_is_asked_for_and_count_in_full(tmp_path: Path) -> None:
    hour = {**WAIT, "Seconds": 3600}
    patient = {**MISSING_FUNCTION, "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 50, "MaxAttempts": 2}]}
    with running(tmp_path / "state", empty=True, time_scale=0.0005) as state:
        machines = Machines(state.endpoint)

        within = machines.run({"Wait": hour}, TimeoutSeconds=3700)
        beyond = machines.run({"Wait": hour}, TimeoutSeconds=3500)
        retried = machines.run({"Task": patient}, TimeoutSeconds=100)

    assert within["status"] == "SUCCEEDED"
    assert beyond["status"] == retried["status"] == "TIMED_OUT"
    assert 1.7 < seconds_of(within) < 20
    assert seconds_of(beyond) < 20


@pytest.mark.parametrize("scale", [0, -1, 1.5])
def test_a_time_scale_that_means_nothing_is_rejected(tmp_path: Path, scale: float) -> None:
    with (
        pytest.raises(SandboxError, match=r"time scale is .*; allowed: more than 0, up to 1"),
        running(tmp_path, empty=True, time_scale=scale),
    ):
        pass
