"""What tools and hooks of the workflow's agents ask: the same questions, with the same limits, as in a worker."""

from typing import Any

import pytest
from strands import ToolContext, tool
from strands.hooks import BeforeToolCallEvent
from strands.interventions import Confirm, InterventionHandler
from strands.vended_interventions.hitl import HumanInTheLoop

from contract.events import EventType
from contract.limits import MAX_ANSWER_BYTES, MAX_PROMPT_CHARS
from contract.questions import Question
from tests.runtime.react_stage import ReactStage
from tests.runtime.stage import Call, Say

pytestmark = pytest.mark.dynamodb


@tool
def look() -> str:
    """Look."""
    return "seen"


class AsksFirst(InterventionHandler):
    name = "asks-first"

    def before_tool_call(self, event: BeforeToolCallEvent, **_: Any) -> Confirm:  # noqa: ANN401, ARG002  as Strands
        return Confirm(prompt="May I look?")


def asked_by(reason: object) -> Any:  # noqa: ANN401  a tool
    @tool(context="context")
    def ask(context: ToolContext) -> str:
        """Ask."""
        return f"got {context.interrupt('approval', reason=reason)!r}"

    return ask


def called(react: ReactStage, tool: Any, **options: Any) -> str:  # noqa: ANN401
    """The id of the first turn's only call, of that tool."""
    react.tools, react.options = [tool], options
    react.script([Call(tool.tool_name)], [Say(["Done."])])
    react.parse()
    (call,) = react.invoke(1)["calls"]
    return str(call["tool_use_id"])


def question(react: ReactStage, tool: Any, **options: Any) -> Question:  # noqa: ANN401
    """What the run waits for."""
    use = called(react, tool, **options)
    assert react.call(1, use)["status"] == "question"
    react.prompt(1, [use])
    (opened,) = react.journal.questions.open(react.run_id)
    return opened.question


def result(react: ReactStage) -> tuple[str, str]:
    """Of the call, after the answer where it has one."""
    react.append(1, [react.call(1, "1-0")])
    (told,) = [event.data for event in react.events() if event.type is EventType.TOOL_RESULT]
    return told["status"], told["content"]


@pytest.mark.parametrize(
    ("handler", "schema"),
    [
        (HumanInTheLoop(), {"enum": ["yes", "no"]}),
        (HumanInTheLoop(enable_trust=True), {"enum": ["yes", "no", "trust"]}),
        (AsksFirst(), {"type": ["string", "boolean"], "examples": ["yes", "no"]}),
    ],
    ids=["yes or no", "trust", "its own words"],
)
def test_a_confirmation_has_the_form_of_its_answers(
    react: ReactStage, handler: InterventionHandler, schema: object
) -> None:
    assert question(react, look, interventions=[handler]).schema == schema

    react.journal.questions.answer(react.run_id, None, "yes")

    assert result(react) == ("success", "seen")


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("Which estimator?", "Which estimator?"),
        ({"table": "nsw"}, '{"table": "nsw"}'),
        (None, "approval"),
        ("x" * (MAX_PROMPT_CHARS - 1), "x" * (MAX_PROMPT_CHARS - 1)),
    ],
    ids=["text", "other", "none", "long"],
)
def test_the_question_is_the_reason(react: ReactStage, reason: object, text: str) -> None:
    assert question(react, asked_by(reason)).text == text


def test_a_default_that_is_text_counts_as_the_value_that_it_is(react: ReactStage) -> None:
    asked = question(react, asked_by({"text": "How many?", "schema": {"type": "integer"}, "default": "3"}))

    assert (asked.schema, asked.default) == ({"type": "integer"}, 3)


@pytest.mark.parametrize(
    ("reason", "problem"),
    [
        ({"text": "Which?", "default": "x" * MAX_ANSWER_BYTES}, "default has more than 16,384 bytes"),
        ({"text": "Which?", "schema": {"type": "integer"}, "default": "many"}, "default does not fit its schema"),
        ({"text": "Which?", "schema": {"type": "sentence"}}, "schema cannot be used"),
        ({"text": "Which?", "expires_in_seconds": 0}, "expires_in_seconds is 0"),
        ("x" * (MAX_PROMPT_CHARS + 1), "has 4,001 characters"),
    ],
    ids=["large default", "unfit default", "no schema", "no time", "too long"],
)
def test_a_bad_question_of_a_tool_is_the_tools_error(react: ReactStage, reason: object, problem: str) -> None:
    assert react.call(1, called(react, asked_by(reason)))["status"] == "error"

    status, content = result(react)
    assert (status, content.startswith("Error: the user was not asked: ")) == ("error", True)
    assert problem in content


def test_a_bad_question_of_a_hook_is_the_tools_error(react: ReactStage) -> None:
    def approve(event: BeforeToolCallEvent) -> None:
        event.interrupt("approval", reason={"text": "May I?", "default": "x" * MAX_ANSWER_BYTES})

    assert react.call(1, called(react, look, hooks=[approve]))["status"] == "error"

    assert "default has more than 16,384 bytes" in result(react)[1]
