"""Definitions of state machines: transitions, and what they ask of the role."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.cloud.cloud import Cloud
from sandbox.cloud.request import ValidationError
from sandbox.resource_handlers.definition import read_definition, required_permission, tasks

CLOUD = Cloud("http://127.0.0.1:1", "us-east-1", Path("python"), upload=False)
LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:f"
END: dict[str, Any] = {"Type": "Pass", "End": True}


def read(states: dict[str, Any], start: str = "A") -> dict[str, Any]:
    return read_definition(json.dumps({"StartAt": start, "States": states}))


def test_every_kind_of_transition_reaches_its_state() -> None:
    read(
        {
            "A": {"Type": "Choice", "Choices": [{"Next": "B"}, {"Next": "C"}], "Default": "D"},
            "B": {"Type": "Task", "Resource": LAMBDA, "Catch": [{"Next": "E"}], "Next": "D"},
            "C": {"Type": "Parallel", "Branches": [{"StartAt": "X", "States": {"X": END}}], "End": True},
            "D": {"Type": "Map", "ItemProcessor": {"StartAt": "Y", "States": {"Y": END}}, "End": True},
            "E": {"Type": "Fail"},
        }
    )


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({}, "the definition has no States"),
        ({"B": END}, "StartAt of the definition leads to A, which is not a state; the states are B"),
        ({"A": {"Type": "Pass", "Next": "Z"}}, "a transition of state A leads to Z, which is not a state"),
        ({"A": {"Type": "Choice", "Choices": [], "Default": "Z"}}, "a transition of state A leads to Z"),
        ({"A": {**END, "Type": "Task", "Catch": [{"Next": "Z"}]}}, "a transition of state A leads to Z"),
        ({"A": {"Type": "Pass"}}, "state A needs either Next or End"),
        ({"A": {**END, "Next": "A"}}, "state A needs either Next or End"),
        ({"A": {"Type": "Tusk", "End": True}}, "state A has the Type Tusk; allowed: Choice, Fail, "),
        ({"A": END, "B": END}, "state B is not reachable"),
        (
            {"A": {"Type": "Parallel", "End": True, "Branches": [{"StartAt": "X", "States": {"Y": END}}]}},
            "StartAt of branch 0 of state A leads to X",
        ),
    ],
)
def test_a_definition_that_cannot_run_is_rejected(states: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        read(states)


def test_tasks_are_found_in_branches_and_iterations() -> None:
    task = {"Type": "Task", "Resource": LAMBDA, "End": True}
    definition = read(
        {
            "A": {"Type": "Parallel", "Branches": [{"StartAt": "X", "States": {"X": task}}], "Next": "B"},
            "B": {"Type": "Map", "ItemProcessor": {"StartAt": "Y", "States": {"Y": task}}, "Next": "C"},
            "C": task,
        }
    )

    assert [name for name, _ in tasks(definition)] == ["X", "Y", "C"]


INVOKE = "arn:aws:states:::lambda:invoke"
QUERY = "arn:aws:states:::aws-sdk:dynamodb:query"
TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/runs"


@pytest.mark.parametrize(
    ("resource", "arguments", "asked"),
    [
        (LAMBDA, {}, ("lambda:InvokeFunction", LAMBDA)),
        (INVOKE, {"FunctionName": LAMBDA}, ("lambda:InvokeFunction", LAMBDA)),
        (f"{INVOKE}.waitForTaskToken", {"FunctionName": "f"}, ("lambda:InvokeFunction", LAMBDA)),
        (QUERY, {"TableName": "runs"}, ("dynamodb:Query", TABLE)),
        (QUERY, {"TableName": TABLE, "IndexName": "by-owner"}, ("dynamodb:Query", f"{TABLE}/index/by-owner")),
        ("arn:aws:states:::dynamodb:putItem", {"TableName": "runs"}, ("dynamodb:PutItem", TABLE)),
        (INVOKE, {"FunctionName": "{% $states.input.function %}"}, None),
        ("arn:aws:states:::sqs:sendMessage", {"QueueUrl": "u"}, None),
    ],
)
def test_a_task_asks_the_role_for_what_it_calls(
    resource: str, arguments: dict[str, Any], asked: tuple[str, str] | None
) -> None:
    assert required_permission(CLOUD, {"Type": "Task", "Resource": resource, "Arguments": arguments}) == asked
