"""JSONata in executions: what gives a value in the emulator alone fails as on AWS."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator_process.step_functions.machines import Machines, State

pytestmark = pytest.mark.sandbox

FAILED = "States.QueryEvaluationError"


def choosing(condition: object) -> dict[str, State]:
    return {
        "Choose": {"Type": "Choice", "Choices": [{"Condition": condition, "Next": "Yes"}], "Default": "No"},
        "Yes": {"Type": "Pass", "Output": "yes", "End": True},
        "No": {"Type": "Pass", "Output": "no", "End": True},
    }


@pytest.mark.parametrize("value", [3, 0, "yes", "", [True], [], {"a": 1}, {}, None], ids=json.dumps)
def test_a_condition_that_gives_no_boolean_fails_and_does_not_count_as_one(machines: Machines, value: object) -> None:
    ended = machines.run(choosing("{% $states.input.value %}"), {"value": value})

    assert (ended["status"], ended["error"]) == ("FAILED", FAILED)
    assert "Expected 'boolean'" in ended["cause"]


@pytest.mark.parametrize(
    ("condition", "chosen"),
    [
        ("{% $states.input.value %}", "yes"),
        ("{% $not($states.input.value) %}", "no"),
        ("{% $states.input.list[a = 1].a = 1 %}", "yes"),
        (True, "yes"),
        (False, "no"),
    ],
)
def test_a_condition_that_gives_a_boolean_decides(machines: Machines, condition: object, chosen: str) -> None:
    ended = machines.run(choosing(condition), {"value": True, "list": [{"a": 1}, {"a": 2}]})

    assert json.loads(ended["output"]) == chosen


def test_a_condition_whose_value_is_missing_fails(machines: Machines) -> None:
    assert machines.run(choosing("{% $states.input.absent %}"), {})["error"] == FAILED


@pytest.mark.parametrize(
    "member",
    [
        *("{% $turn + 1 %}", "{% [$turn] %}", "{% {'a': $turn} %}", "{% $string($turn) %}", "{% $sum([$turn, 1]) %}"),
        *("{% $turn & ' or not?' %}", "{% $turn & `why?` %}"),
    ],
)
def test_a_variable_has_no_value_in_the_assign_that_first_sets_it(machines: Machines, member: str) -> None:
    # A loop, so that the definition has a way on which the variable is set before.
    first = {"Type": "Pass", "Assign": {"turn": member}, "Next": "Again"}
    again = {
        "Type": "Choice",
        "Choices": [{"Condition": True, "Assign": {"turn": 1}, "Next": "First"}],
        "Default": "End",
    }

    ended = machines.run({"First": first, "Again": again, "End": {"Type": "Succeed"}})

    assert (ended["status"], ended["error"]) == ("FAILED", FAILED)
    assert "$turn, which has no value" in ended["cause"]


def test_an_expression_may_ask_whether_a_variable_has_a_value(machines: Machines) -> None:
    states: dict[str, State] = {
        "First": {
            "Type": "Pass",
            "Assign": {"turns": "{% $exists($turns) ? $turns + 1 : 1 %}"},
            "Output": "{% $exists($turns) %}",
            "Next": "Again",
        },
        "Again": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $turns < 3 %}", "Next": "First"}],
            "Default": "Last",
        },
        "Last": {"Type": "Pass", "Output": "{% [$turns, $states.input] %}", "End": True},
    }

    assert json.loads(machines.run(states)["output"]) == [3, True]


@pytest.mark.parametrize("code", ["$states.input.a ?? 1", "$states.input.a ?: 1", "$$.a"])
def test_jsonata_that_step_functions_does_not_have_is_rejected(machines: Machines, code: str) -> None:
    with pytest.raises(ClientError, match="INVALID_JSONATA_EXPRESSION") as caught:
        machines.make({"Only": {"Type": "Pass", "Output": {"a": "{% " + code + " %}"}, "End": True}})

    assert caught.value.response["Error"]["Code"] == "InvalidDefinition"
    assert "at /States/Only/Output/a" in caught.value.response["Error"]["Message"]
