"""Whole runs through all functions of the workflow, without its state machine."""

import pytest
from strands import tool

from contract.events import Status
from runtime.react.environment import Budget
from tests.runtime.react_stage import ReactStage
from tests.runtime.stage import Call, Say

pytestmark = pytest.mark.dynamodb


@tool
def double(number: int) -> str:
    """Double a number.

    Args:
        number: The number.
    """
    return f"It is {number * 2}."


def test_a_run_without_tools_ends_with_its_answer(react: ReactStage) -> None:
    reply = react.play()

    assert reply["status"] == "SUCCEEDED"
    assert react.types() == ["RUN_ACCEPTED", "TEXT", "USAGE", "RUN_SUCCEEDED"]
    assert react.text() == "Hello world"
    head = react.journal.head(react.run_id)
    assert (head.status, dict(head.usage)) == (
        Status.SUCCEEDED,
        {"input_tokens": 10, "output_tokens": 4, "model_calls": 1},
    )


def test_tools_run_between_two_model_calls(react: ReactStage) -> None:
    react.tools = [double]
    react.script([Say(["Let me see."]), Call("double", {"number": 21})], [Say(["42."])])

    assert react.play()["status"] == "SUCCEEDED"

    assert react.types() == [
        *("RUN_ACCEPTED", "TEXT", "USAGE", "TOOL_CALL", "TOOL_RESULT"),
        *("TEXT", "USAGE", "RUN_SUCCEEDED"),
    ]
    result = next(event for event in react.events() if event.type == "TOOL_RESULT")
    assert (result.data["status"], result.data["content"]) == ("success", "It is 42.")
    assert react.text() == "Let me see.\n\n42."
    assert [message["role"] for message in react.model.heard[1]] == ["user", "assistant", "user"]
    assert react.journal.head(react.run_id).usage["model_calls"] == 2


def test_a_second_execution_of_a_session_continues_its_conversation(react: ReactStage) -> None:
    given = {"sessionId": f"s-{react.name}", "user": "ada", "query": {"text": "One?"}}
    react.play(given)
    react.name = react.name[:-4] + "aaaa"

    assert react.play({**given, "query": {"text": "Two?"}})["status"] == "SUCCEEDED"

    said = [block["text"] for message in react.model.heard[-1] for block in message["content"]]
    assert said == ["One?", "Hello world", "Two?"]


def test_a_run_at_its_turn_limit_ends_with_what_is_unfinished(react: ReactStage) -> None:
    react.tools = [double]
    react.budget = Budget(turns=2, tokens=0, cost=0.0, input_price=0.0, output_price=0.0)
    react.script([Say(["Again."]), Call("double", {"number": 1})])

    reply = react.play()

    assert (reply["status"], reply["code"]) == ("FAILED", "LIMIT_REACHED")
    end = react.events()[-1]
    assert (end.data["stop_reason"], end.data["unfinished"], end.data["turns"]) == ("turn_limit", ["double"], 2)
    assert "used its 2 turns" in end.data["error"]
    assert react.text() == "Again.\n\nAgain."


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        (Budget(turns=9, tokens=14, cost=0.0, input_price=0.0, output_price=0.0), "token_budget"),
        (Budget(turns=9, tokens=0, cost=0.00002, input_price=1.0, output_price=3.0), "cost_budget"),
    ],
    ids=["tokens", "cost"],
)
def test_a_run_that_has_used_its_budget_ends(react: ReactStage, budget: Budget, reason: str) -> None:
    react.tools = [double]
    react.budget = budget
    react.script([Call("double", {"number": 1})])

    reply = react.play()

    assert (reply["code"], react.events()[-1].data["stop_reason"]) == ("LIMIT_REACHED", reason)
    assert len(react.model.heard) == 1
