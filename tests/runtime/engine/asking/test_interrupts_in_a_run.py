"""Every kind of interrupt that Strands has, from the question to the end of the run after its answer."""

from typing import Any

import pytest
from strands import Agent, ToolContext, tool
from strands.hooks import BeforeToolCallEvent, BeforeToolsEvent
from strands.interventions import Confirm, InterventionHandler
from strands.middleware import ExecuteToolStage
from strands.middleware._agent_stream import AgentStreamStage
from strands.vended_interventions.hitl import HumanInTheLoop
from strands.vended_tools import handoff_to_user

from contract.events import EventType, Status
from tests.runtime.stage import Call, Say, ScriptedModel, Turn
from tests.runtime.table_stage import TableStage
from tools.ask_user import ask_user

pytestmark = pytest.mark.dynamodb

PAUSED = ["RUN_ACCEPTED", "TEXT", "TOOL_CALL", "USAGE", "QUESTION"]


@tool
def look() -> str:
    """Look."""
    return "seen"


@tool(context="tool_context")
def delete(tool_context: ToolContext) -> str:
    """Delete after a person has agreed."""
    return f"got {tool_context.interrupt('approval', reason='May I delete three files?')!r}"


def asking(stage: TableStage, *turns: Any, tools: list[Any], **options: Any) -> str:  # noqa: ANN401  as Strands
    """A run whose agent has stopped to ask."""
    stage.tools, stage.options = tools, options
    stage.model = ScriptedModel([*turns, [Say(["Done."])]])
    run_id = stage.ask()
    assert stage.head(run_id).status is Status.WAITING
    return run_id


def test_a_tool_asks_and_gets_the_answer_in_another_worker(table_stage: TableStage) -> None:
    run_id = asking(table_stage, [Say(["I ask."]), Call("delete")], tools=[delete])

    assert table_stage.types(run_id) == PAUSED
    (question,) = table_stage.open(run_id)
    assert (question.question.text, question.question.schema) == ("May I delete three files?", None)
    assert table_stage.timers.set_for == [(run_id, question.question)]

    table_stage.go_on(run_id, "go")

    after = table_stage.types(run_id)[len(PAUSED) :]
    assert after == ["ANSWER", "TOOL_RESULT", "TEXT", "USAGE", "RUN_SUCCEEDED"]
    assert table_stage.results(run_id) == [("success", "got 'go'")]
    assert table_stage.text(run_id) == "I ask.\n\nDone."
    assert dict(table_stage.head(run_id).usage) == {"input_tokens": 20, "output_tokens": 8, "model_calls": 2}
    assert [event.seq for event in table_stage.journal.events[run_id]] == list(range(1, 11))


def test_a_handoff_to_the_user_is_a_question(table_stage: TableStage) -> None:
    run_id = asking(table_stage, [Call("handoff_to_user", {"message": "Which year?"})], tools=[handoff_to_user])

    assert table_stage.open(run_id)[0].question.text == "Which year?"
    table_stage.go_on(run_id, "2024")
    assert table_stage.results(run_id) == [("success", "2024")]
    assert table_stage.head(run_id).status is Status.SUCCEEDED


def test_our_own_tool_asks_with_options_and_a_default(table_stage: TableStage) -> None:
    asked = {"question": "Which?", "options": ["ols", "ipw"], "default": "ols"}
    run_id = asking(table_stage, [Call("ask_user", asked)], tools=[ask_user])

    (question,) = table_stage.open(run_id)
    assert (question.question.schema, question.question.default) == ({"enum": ["ols", "ipw"]}, "ols")
    table_stage.go_on(run_id, "IPW")
    assert table_stage.results(run_id) == [("success", "ipw")]


@pytest.mark.parametrize("event", [BeforeToolCallEvent, BeforeToolsEvent])
def test_a_hook_asks(table_stage: TableStage, event: type[Any]) -> None:
    given: list[object] = []

    def approve(happens: Any) -> None:  # noqa: ANN401  one of two events
        given.append(happens.interrupt("approval", reason={"text": "May I?", "schema": {"type": "boolean"}}))

    approve.__annotations__["happens"] = event
    run_id = asking(table_stage, [Call("look")], tools=[look], hooks=[approve])

    table_stage.go_on(run_id, "yes")
    assert set(given) == {True}
    assert table_stage.results(run_id) == [("success", "seen")]
    assert table_stage.head(run_id).status is Status.SUCCEEDED


@pytest.mark.parametrize("stage", [AgentStreamStage, ExecuteToolStage], ids=["a pass", "a tool"])
def test_middleware_asks(table_stage: TableStage, stage: Any) -> None:  # noqa: ANN401  a class of Strands
    given: list[object] = []

    async def gate(context: Any, proceed: Any) -> Any:  # noqa: ANN401  as Strands
        response = context.interrupt("gate", reason="May I begin?")
        given.append(response.response if hasattr(response, "response") else response)
        async for event in proceed(context):
            yield event

    table_stage.middleware = [(stage, gate)]
    run_id = asking(table_stage, [Call("look")], tools=[look])

    assert table_stage.open(run_id)[0].question.text == "May I begin?"
    table_stage.go_on(run_id, "begin")
    while table_stage.head(run_id).status is Status.WAITING:  # before the second model call, too
        table_stage.go_on(run_id, "begin")
    assert set(given) == {"begin"}
    assert table_stage.said()[0] == ("user", "How?")
    assert table_stage.head(run_id).status is Status.SUCCEEDED


@pytest.mark.parametrize(
    ("answer", "result"), [("Yes", "success"), (True, "success"), ("n", "error")], ids=["yes", "true", "no"]
)
def test_a_human_in_the_loop_is_asked_for_yes_or_no(table_stage: TableStage, answer: object, result: str) -> None:
    run_id = asking(table_stage, [Call("look")], tools=[look], interventions=[HumanInTheLoop()])

    (question,) = table_stage.open(run_id)
    assert question.question.schema == {"enum": ["yes", "no"]}
    assert 'Approve "look"?' in question.question.text
    table_stage.go_on(run_id, answer)
    assert table_stage.results(run_id)[0][0] == result
    assert table_stage.head(run_id).status is Status.SUCCEEDED


def test_a_confirmation_of_a_handler_of_ones_own_is_passed(table_stage: TableStage) -> None:
    class Careful(InterventionHandler):
        name = "careful"

        def before_tool_call(self, event: BeforeToolCallEvent, **_: object) -> Confirm:
            return Confirm(prompt=f"Call {event.tool_use['name']}?")

    run_id = asking(table_stage, [Call("look")], tools=[look], interventions=[Careful()])

    assert table_stage.open(run_id)[0].question.text == "Call look?"
    table_stage.go_on(run_id, "yes")
    assert table_stage.results(run_id) == [("success", "seen")]


def test_trust_in_a_tool_outlives_the_pause(table_stage: TableStage) -> None:
    handler = HumanInTheLoop(enable_trust=True)
    run_id = asking(table_stage, [Call("look")], [Call("look")], tools=[look], interventions=[handler])

    assert table_stage.open(run_id)[0].question.schema == {"enum": ["yes", "no", "trust"]}
    table_stage.go_on(run_id, "trust")
    assert table_stage.results(run_id) == [("success", "seen")] * 2
    assert table_stage.head(run_id).status is Status.SUCCEEDED


@pytest.mark.parametrize("preserve", [False, True])
def test_an_agent_that_is_a_tool_asks_and_goes_on_where_it_was(table_stage: TableStage, preserve: bool) -> None:
    inner_models: list[ScriptedModel] = []

    def inner() -> Any:  # noqa: ANN401  a tool of Strands
        turns: list[Turn] = [[Call("delete")], [Say(["Inner done."])]]
        inner_models.append(ScriptedModel(turns[1:] if inner_models else turns))
        agent = Agent(model=inner_models[-1], tools=[delete], callback_handler=None, name="helper")
        return agent.as_tool(preserve_context=preserve)

    run_id = asking(table_stage, [Call("helper", {"input": "Clean up."})], tools=[inner()])
    table_stage.tools = [inner()]

    table_stage.go_on(run_id, "go")

    assert table_stage.results(run_id) == [("success", "Inner done.\n")]
    (heard,) = inner_models[1].heard
    assert [message["role"] for message in heard] == ["user", "assistant", "user"]
    assert table_stage.head(run_id).status is Status.SUCCEEDED


def test_several_tools_ask_at_once_and_each_gets_its_answer(table_stage: TableStage) -> None:
    calls = [Call("handoff_to_user", {"message": f"Number {number}?"}) for number in (1, 2)]
    run_id = asking(table_stage, [*calls, Call("look")], tools=[handoff_to_user, look])
    first, second = table_stage.open(run_id)

    assert table_stage.answer(run_id, "two", second.question_id).goes_on is False
    assert table_stage.head(run_id).status is Status.WAITING
    table_stage.go_on(run_id, "one")

    assert sorted(table_stage.results(run_id)) == [("success", "one"), ("success", "seen"), ("success", "two")]
    assert len(table_stage.of(run_id, EventType.TOOL_CALL)) == 3
    assert first.question.text == "Number 1?"


def test_a_second_question_follows_the_first(table_stage: TableStage) -> None:
    turns = [[Call("handoff_to_user", {"message": text})] for text in ("First?", "Second?")]
    run_id = asking(table_stage, *turns, tools=[handoff_to_user])

    table_stage.go_on(run_id, "1")
    assert table_stage.head(run_id).status is Status.WAITING
    table_stage.go_on(run_id, "2")

    assert [result for _, result in table_stage.results(run_id)] == ["1", "2"]
    assert table_stage.head(run_id).epoch == 3
    assert dict(table_stage.head(run_id).usage)["model_calls"] == 3


def test_a_tool_that_asks_twice_in_one_call(table_stage: TableStage) -> None:
    @tool(context="tool_context")
    def twice(tool_context: ToolContext) -> str:
        """Ask for two things."""
        return f"{tool_context.interrupt('one', reason='A?')}{tool_context.interrupt('two', reason='B?')}"

    run_id = asking(table_stage, [Say(["Wait."]), Call("twice")], tools=[twice])

    table_stage.go_on(run_id, "a")
    assert [one.question.text for one in table_stage.open(run_id)] == ["B?"]
    table_stage.go_on(run_id, "b")
    assert table_stage.results(run_id) == [("success", "ab")]
    assert table_stage.text(run_id) == "Wait.\n\nDone."
    assert len(table_stage.of(run_id, EventType.TOOL_CALL)) == 1


@pytest.mark.parametrize("answer", [None, 0, False, [], {"a": 1}], ids=str)
def test_an_answer_may_be_any_value(table_stage: TableStage, answer: object) -> None:
    run_id = asking(table_stage, [Call("delete")], tools=[delete])

    table_stage.go_on(run_id, answer)

    assert table_stage.results(run_id) == [("success", f"got {'' if answer is None else answer!r}")] or answer is None
    assert table_stage.head(run_id).status is Status.SUCCEEDED
