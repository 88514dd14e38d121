"""Tasks: those that end by a token, their limits, and what they may carry, on the emulator."""

import json
import time
from types import ModuleType

import pytest

from sandbox.emulator_process.step_functions.replacements import install
from tests.sandbox.emulator_process.step_functions.machines import Machines, seconds_of, sleep_until
from tests.sandbox.harness import Emulator

pytestmark = pytest.mark.sandbox

FUNCTIONS = """
failing = function("failing", '''
class MilkSpilledError(Exception): pass
def handler(event, context): raise MilkSpilledError("no use")
''')
large = function("large", "def handler(event, context): return 'x' * event")
pulumi.export("failing", failing.name)
pulumi.export("large", large.name)
"""


@pytest.fixture(scope="module")
def functions(emulator: Emulator) -> dict[str, str]:
    return emulator.deploy(FUNCTIONS, "functions")


@pytest.mark.parametrize("seconds", [1, "{% $states.input.beat %}"])
def test_a_task_without_a_heartbeat_fails_in_its_time(machines: Machines, seconds: object) -> None:
    task = machines.token_task(
        machines.queue(),
        HeartbeatSeconds=seconds,
        Catch=[{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Caught"}],
    )

    ended = machines.run({"Task": task, "Caught": {"Type": "Pass", "Output": "caught", "End": True}}, {"beat": 1})

    assert json.loads(ended["output"]) == "caught"
    assert 1 <= seconds_of(ended) < 10


def test_heartbeats_keep_a_task_until_it_answers(machines: Machines) -> None:
    queue = machines.queue()
    execution = machines.start(machines.make({"Task": machines.token_task(queue, HeartbeatSeconds=1)}))
    token = machines.received(queue)

    started = time.monotonic()
    for beat in range(1, 7):
        sleep_until(started + beat * 0.3)
        machines.sfn.send_task_heartbeat(taskToken=token)
    machines.sfn.send_task_success(taskToken=token, output='{"done": true}')

    ended = machines.end_of(execution)
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"done": True})
    with pytest.raises(machines.sfn.exceptions.TaskTimedOut):
        machines.sfn.send_task_heartbeat(taskToken=token)


def test_an_output_that_is_no_json_is_rejected_and_the_task_waits_on(machines: Machines) -> None:
    queue = machines.queue()
    execution = machines.start(machines.make({"Task": machines.token_task(queue)}))
    token = machines.received(queue)

    with pytest.raises(machines.sfn.exceptions.InvalidOutput):
        machines.sfn.send_task_success(taskToken=token, output="done")

    machines.sfn.send_task_success(taskToken=token, output='"done"')
    assert json.loads(machines.end_of(execution)["output"]) == "done"


def test_each_attempt_has_a_token_of_its_own(machines: Machines) -> None:
    queue = machines.queue()
    task = machines.token_task(queue, Retry=[{"ErrorEquals": ["Busy"], "IntervalSeconds": 1}])
    execution = machines.start(machines.make({"Task": task}))
    first = machines.received(queue)
    machines.sfn.send_task_failure(taskToken=first, error="Busy", cause="come back")
    second = machines.received(queue)

    assert second != first
    with pytest.raises(machines.sfn.exceptions.TaskTimedOut):
        machines.sfn.send_task_success(taskToken=first, output="1")
    machines.sfn.send_task_success(taskToken=second, output="2")
    assert json.loads(machines.end_of(execution)["output"]) == 2


def test_a_function_that_fails_fails_the_task_whose_token_it_got(machines: Machines, functions: dict[str, str]) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": {"FunctionName": functions["failing"], "Payload": {"token": "{% $states.context.Task.Token %}"}},
        "TimeoutSeconds": 60,
        "End": True,
    }

    ended = machines.run({"Task": task})

    assert (ended["status"], ended["error"]) == ("FAILED", "MilkSpilledError")
    assert json.loads(ended["cause"])["errorMessage"] == "no use"
    assert seconds_of(ended) < 30


def test_a_tasks_time_may_be_an_expression(machines: Machines) -> None:
    task = machines.token_task(machines.queue(), TimeoutSeconds="{% $states.input.seconds %}")

    ended = machines.run({"Task": task}, {"seconds": 1})

    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")


@pytest.mark.parametrize(("size", "status"), [(262_000, "SUCCEEDED"), (262_144, "FAILED")])
def test_a_payload_ends_at_the_limit_of_aws(
    machines: Machines, functions: dict[str, str], size: int, status: str
) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": functions["large"], "Payload": size},
        "TimeoutSeconds": 20,
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
        "Output": "{% $length($states.result.Payload) %}",
        "End": True,
    }

    ended = machines.run({"Task": task, "Caught": {"Type": "Pass", "End": True}})

    assert ended["status"] == status
    assert ended.get("error") == ("States.DataLimitExceeded" if status == "FAILED" else None)


def test_the_members_of_an_assign_see_the_variables_as_they_were(machines: Machines) -> None:
    ended = machines.run(
        {
            "First": {"Type": "Pass", "Assign": {"a": 1, "b": 2}, "Next": "Swap"},
            "Swap": {"Type": "Pass", "Assign": {"a": "{% $b %}", "b": "{% $a %}"}, "Next": "Tell"},
            "Tell": {"Type": "Pass", "Output": "{% [$a, $b] %}", "End": True},
        }
    )

    assert json.loads(ended["output"]) == [2, 1]


def test_a_module_that_is_not_the_known_one_is_rejected() -> None:
    with pytest.raises(ValueError, match=r"not the one that the sandbox knows: .*_start_execution.*_task_tokens"):
        install(ModuleType("stepfunctions"), ModuleType("eventbridge"))
