"""The state machine's definition: no state that is not reached, no task that could hang, and a history that fits."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from components.react_workflow.definition import definition, definition_text
from components.react_workflow.limits import (
    CALL_EVENTS,
    EVENT_LIMIT,
    EXPIRY_EVENTS,
    FEWEST_TURNS,
    FRAME_EVENTS,
    PROMPT_EVENTS,
    TURN_EVENTS,
    turns_with,
)
from components.react_workflow.question import SLACK
from contract.react_steps import MAX_CALLS
from policies.rules.step_functions.definition import definition_problems
from policies.rules.step_functions.portability import portability_problems
from policies.rules.step_functions.states.graph import levels, reached
from tests.components.react_workflow.targets import LIMITS, targets

EVENTS = {"Task": 5, "Choice": 2, "Pass": 2, "Map": 4}
"""What AWS writes into the history of an execution for a state that succeeds at once; a Map without its iterations."""

ITERATION_EVENTS = 2
SUBMITTED = 1
"""A task that is awaited by a token has been submitted first."""

TOKEN_TASKS = {"EDA", "CausalAnalysis", "SendPrompt"}
SEED = [
    "ParseInitialQuery",
    "InvokeLLM",
    "CheckResponse",
    "DispatchTool",
    "EDA",
    "CausalAnalysis",
    "DataQuery",
    "SendPrompt",
    "AppendToolOutput",
    "HandleFinish",
    "HandleError",
    "HandleTimeout",
]


def made(*, partition: str = "aws", spot: bool = False) -> dict[str, Any]:
    return definition(targets(partition, spot=spot), LIMITS)


def all_states() -> dict[str, dict[str, Any]]:
    """The states by name, with those of the Map."""
    outer: dict[str, dict[str, Any]] = made()["States"]
    return {**outer, **outer["Tools"]["ItemProcessor"]["States"]}


def tasks() -> dict[str, dict[str, Any]]:
    return {name: state for name, state in all_states().items() if state["Type"] == "Task"}


def following(state: dict[str, Any]) -> set[str]:
    found = {one["Next"] for key in ("Choices", "Catch") for one in state.get(key, [])}
    return found | {state[key] for key in ("Next", "Default") if key in state}


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from texts(member)


@pytest.mark.parametrize("spot", [False, True])
def test_it_obeys_all_rules_for_definitions_and_the_sandbox_obeys_it(spot: bool) -> None:
    generated = made(spot=spot)

    assert definition_problems(generated) == []
    assert portability_problems(generated) == []


def test_it_has_the_states_of_the_seed() -> None:
    assert set(SEED) <= all_states().keys()


def test_every_state_is_reached_and_the_same_arguments_give_the_same_text() -> None:
    for level in levels(made()):
        assert reached(level) == level.states.keys()
    assert definition_text(targets(), LIMITS) == definition_text(targets(), LIMITS)


@pytest.mark.parametrize("name", tasks())
def test_a_task_has_a_limit_and_tries_throttled_calls_again(name: str) -> None:
    task = tasks()[name]
    retried = {error for retrier in task["Retry"] for error in retrier["ErrorEquals"]}
    throttled = (
        {"ECS.ThrottlingException", "AmazonECS.Unknown"}
        if "ecs" in task["Resource"]
        else {
            "Lambda.TooManyRequestsException",
            "TooManyRequestsException",
            "Lambda.ServiceException",
            "Lambda.SdkClientException",
        }
    )

    # only that of SendPrompt depends on the run
    assert name == "SendPrompt" or task["TimeoutSeconds"] > 0
    assert throttled <= retried
    assert all(retrier["JitterStrategy"] == "FULL" for retrier in task["Retry"])
    assert "States.ALL" not in retried, "what failed for good is not repeated"


EXPECTED = {
    "HandleError": {"States.ALL": "Failed"},
    "HandleFinish": {"States.ALL": "HandleError"},
    "HandleTimeout": {"States.ALL": "HandleError"},
    **{name: {"States.ALL": "ToolFailed"} for name in ("DispatchTool", "EDA", "CausalAnalysis", "DataQuery")},
}


@pytest.mark.parametrize("name", [name for name, state in all_states().items() if "Catch" in state])
def test_every_error_of_a_state_leads_to_its_handler(name: str) -> None:
    caught = {error: one["Next"] for one in all_states()[name]["Catch"] for error in one["ErrorEquals"]}
    expiries = dict.fromkeys(["States.Timeout", "Sandbox.Timedout", "QuestionExpired"], "HandleTimeout")

    assert caught == EXPECTED.get(name, {**expiries, "States.ALL": "HandleError"})


def test_only_containers_whose_every_failure_is_a_tools_failure_can_miss_a_heartbeat() -> None:
    beating = {name for name, state in all_states().items() if "HeartbeatSeconds" in state}

    assert beating == {"EDA", "CausalAnalysis"}


def test_every_task_and_the_map_catch_all_errors() -> None:
    without = {
        name for name, state in all_states().items() if state["Type"] in {"Task", "Map"} and "Catch" not in state
    }
    assert not without


def test_from_every_state_the_end_is_reached() -> None:
    outer = made()["States"]
    for name in outer:
        seen, waiting = set(), {name}
        while waiting:
            seen |= waiting
            waiting = {after for one in waiting for after in following(outer[one])} - seen
        assert seen & {"Done", "Failed"}, name


def test_a_caught_error_is_recorded_with_its_state() -> None:
    for name, state in made()["States"].items():
        for one in state.get("Catch", []):
            if one["Next"] in {"HandleError", "HandleTimeout"}:
                assert one["Assign"]["failed_in"] == name
                assert one["Assign"].keys() >= {"error", "cause"}


def test_a_function_gets_ids_and_counters_only() -> None:
    payloads = {name: task["Arguments"]["Payload"] for name, task in tasks().items() if "Payload" in task["Arguments"]}

    assert {name: set(payload) for name, payload in payloads.items()} == {
        "ParseInitialQuery": {"execution", "name", "input"},
        "InvokeLLM": {"run_id", "turn", "attempt", "seq"},
        "DispatchTool": {"run_id", "turn", "call"},
        "DataQuery": {"run_id", "turn", "call", "job"},
        "SendPrompt": {"run_id", "turn", "calls", "token"},
        "AppendToolOutput": {"run_id", "turn", "results", "seq"},
        "HandleFinish": {"run_id", "turn", "reason"},
        "HandleError": {"run_id", "execution", "name", "state", "error", "cause"},
        "HandleTimeout": {"run_id", "execution", "name", "state", "error", "cause"},
    }


@pytest.mark.parametrize("name", ["EDA", "CausalAnalysis"])
def test_a_container_gets_its_token_and_the_key_of_its_job_only(name: str) -> None:
    given = tasks()[name]["Arguments"]
    (override,) = given["Overrides"]["ContainerOverrides"]
    environment = {one["Name"]: one["Value"] for one in override["Environment"]}

    assert environment == {
        "LONGRUN_TASK_TOKEN": "{% $states.context.Task.Token %}",
        "LONGRUN_RUN_ID": "{% $run_id %}",
        "LONGRUN_JOB": "{% $states.input.job %}",
    }
    assert given["LaunchType"] == "FARGATE"
    assert given["NetworkConfiguration"]["AwsvpcConfiguration"] == {
        "Subnets": "{% $count($subnets) > 0 ? $subnets : ['subnet-own'] %}",
        "SecurityGroups": "{% $count($security_groups) > 0 ? $security_groups : ['sg-own'] %}",
        "AssignPublicIp": "ENABLED",
    }


def test_a_container_on_spot_names_its_capacity_provider_instead_of_a_launch_type() -> None:
    given = made(spot=True)["States"]["Tools"]["ItemProcessor"]["States"]["EDA"]["Arguments"]

    assert given["CapacityProviderStrategy"] == [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}]
    assert "LaunchType" not in given


def test_a_container_that_sends_no_heartbeat_fails_before_its_limit() -> None:
    for name in ("EDA", "CausalAnalysis"):
        assert tasks()[name]["HeartbeatSeconds"] < tasks()[name]["TimeoutSeconds"]


def test_nothing_names_a_partition_of_its_own() -> None:
    found = {text for text in texts(made(partition="aws-cn")) if text.startswith("arn:")}

    assert found
    assert all(re.match(r"arn:aws-cn:states:::", text) for text in found)


def test_a_state_that_waits_for_its_user_outlasts_the_question_and_sends_no_heartbeat() -> None:
    prompt = tasks()["SendPrompt"]

    assert prompt["TimeoutSeconds"] == f"{{% $wait_seconds + {SLACK} %}}"
    assert "HeartbeatSeconds" not in prompt


def events_of(*names: str) -> int:
    found = all_states()
    return sum(EVENTS[found[name]["Type"]] + (SUBMITTED if name in TOKEN_TASKS else 0) for name in names)


def test_the_history_events_of_a_turn_are_those_of_its_states() -> None:
    around = ("InvokeLLM", "CheckResponse", "Tools", "ToolsDone", "AppendToolOutput", "CheckBudget")

    assert events_of(*around) == TURN_EVENTS
    assert ITERATION_EVENTS + events_of("DispatchTool", "RouteTool", "EDA", "ToolFailed") == CALL_EVENTS
    assert events_of("Tools", "ToolsDone", "SendPrompt") == PROMPT_EVENTS
    assert events_of("SendPrompt", "HandleTimeout", "Ended") == EXPIRY_EVENTS


def test_no_choice_begins_what_would_fill_the_history() -> None:
    full = EVENT_LIMIT + CALL_EVENTS * MAX_CALLS

    assert full < 25_000
    assert FEWEST_TURNS == turns_with(MAX_CALLS) > 100
    assert FRAME_EVENTS + (TURN_EVENTS + CALL_EVENTS) * 200 <= EVENT_LIMIT
    assert str(EVENT_LIMIT) in made()["States"]["CheckResponse"]["Choices"][0]["Condition"]


def test_the_definition_is_far_below_its_limit() -> None:
    assert len(json.dumps(made())) < 50_000
