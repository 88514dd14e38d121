"""How a run ends when its agent stops: only an answer is a success, and what was said is kept in each case."""

import json
from typing import Any

import pytest
from strands import ToolContext, tool
from strands.hooks import BeforeModelCallEvent
from strands.types.exceptions import ContextWindowOverflowException
from strands.vended_tools.stop import stop

from contract.events import EventType
from runtime.process.conversation_files import STOPPED_TEXT
from tests.runtime.stage import Call, End, Say, ScriptedModel, Stage


@tool
def look() -> str:
    """Look."""
    return "seen"


@tool(context="tool_context")
def delete(tool_context: ToolContext) -> str:
    """Delete after a person has agreed."""
    return str(tool_context.interrupt("approval", reason="May I delete three files?"))


def ask(stage: Stage, question: str = "How?") -> str:
    """A run of the session s1, to its end."""
    run_id = stage.accept(question, session_id="s1")
    stage.serve(run_id)
    return run_id


def failure(stage: Stage, run_id: str) -> tuple[Any, str]:
    end = stage.end(run_id)
    assert end.type is EventType.RUN_FAILED
    assert (stage.journal.head(run_id).error or {})["code"] == end.data["code"]
    return end.data["code"], end.data["error"]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("content_filtered", "content filter"),
        ("guardrail_intervened", "guardrail"),
        ("model_context_window_exceeded", "longer than the model can read"),
        ("malformed_model_output", "could not be read"),
        ("malformed_tool_use", "called a tool"),
        ("refusal", "refused"),
        ("a_reason_of_next_year", "a_reason_of_next_year"),
    ],
)
def test_a_model_that_stops_for_another_reason_than_its_end_fails_the_run(
    stage: Stage, reason: str, words: str
) -> None:
    stage.model = ScriptedModel([[Say(["Half of "]), End(reason)], [Say(["Yes."])]])

    run_id = ask(stage)

    code, message = failure(stage, run_id)
    assert (code, stage.end(run_id).data["stop_reason"]) == ("MODEL_ERROR", reason)
    assert words in message
    assert stage.text(run_id) == "Half of "
    ask(stage, "Go on.")
    assert stage.said() == [("user", "How?"), ("assistant", "Half of "), ("user", "Go on.")]


def test_a_tool_call_that_the_model_did_not_end_with_is_not_made_and_gets_an_error_as_its_result(stage: Stage) -> None:
    stage.tools = [look]
    stage.model = ScriptedModel([[Say(["I look."]), Call("look"), End("content_filtered")], [Say(["Yes."])]])

    run_id = ask(stage)

    assert failure(stage, run_id)[0] == "MODEL_ERROR"
    (result,) = [event.data for event in stage.journal.events[run_id] if event.type is EventType.TOOL_RESULT]
    assert (result["status"], result["content"]) == ("error", "The run ended before the tool returned a result.")
    ask(stage, "Go on.")
    assert [what for _, what in stage.said()] == ["How?", "I look.", "toolUse", "toolResult", STOPPED_TEXT, "Go on."]


@pytest.mark.parametrize("said", [[], [""], [" \n"]])
def test_a_model_that_says_nothing_has_not_answered(stage: Stage, said: list[str]) -> None:
    stage.model = ScriptedModel([[Say(said)] if said else [], [Say(["Yes."])]])

    code, message = failure(stage, ask(stage))

    assert (code, message) == ("MODEL_ERROR", "the model ended its turn without an answer; ask again")
    ask(stage, "Well?")
    assert stage.said() == [("user", "How?"), ("assistant", STOPPED_TEXT), ("user", "Well?")]


def test_an_answer_before_the_last_tool_call_is_an_answer(stage: Stage) -> None:
    stage.tools = [look]
    stage.model = ScriptedModel([[Say(["It is 42, and I look again."]), Call("look")], [], [Say(["Yes."])]])

    run_id = ask(stage)

    assert (stage.types(run_id)[-1], stage.text(run_id)) == ("RUN_SUCCEEDED", "It is 42, and I look again.")
    assert stage.types(ask(stage, "Sure?"))[-1] == "RUN_SUCCEEDED"


def test_the_words_of_a_tool_that_ends_the_agent_are_its_answer(stage: Stage) -> None:
    stage.tools = [stop]
    stage.model = ScriptedModel([[Call("stop", {"message": "All is done."})], [Say(["Yes."])]])

    run_id = ask(stage)

    assert (stage.types(run_id)[-1], stage.text(run_id)) == ("RUN_SUCCEEDED", "All is done.")
    ask(stage, "Sure?")
    assert stage.said()[-2:] == [("assistant", "All is done."), ("user", "Sure?")]


def test_an_agent_that_ends_itself_without_a_word_has_not_answered(stage: Stage) -> None:
    @tool(context="tool_context")
    def give_up(tool_context: ToolContext) -> str:
        """Give up."""
        tool_context.agent.cancel(after_current_tools=True)
        return "ok"

    stage.tools = [give_up]
    stage.model = ScriptedModel([[Call("give_up")]])

    code, message = failure(stage, ask(stage))

    assert (code, message.startswith("the agent ended itself")) == ("INTERNAL", True)


def test_the_words_of_a_hook_in_the_models_place_are_the_answer(stage: Stage) -> None:
    def deny(event: BeforeModelCallEvent) -> None:
        event.cancel = "No model may be asked on a Sunday."

    stage.options = {"hooks": [deny]}

    run_id = ask(stage)

    assert (stage.types(run_id)[-1], stage.text(run_id)) == ("RUN_SUCCEEDED", "No model may be asked on a Sunday.")
    assert not stage.model.heard


def test_a_question_that_the_model_rejects_does_not_stay_in_the_session(stage: Stage) -> None:
    class Rejecting(ScriptedModel):
        """Takes no conversation with the word `huge`."""

        def stream(self, messages: list[Any], *others: object, **named: Any) -> Any:  # noqa: ANN401  as Strands has it
            if "huge" in json.dumps(messages):
                raise ContextWindowOverflowException("too long")
            return super().stream(messages, *others, **named)

    stage.model = Rejecting([[Say(["Yes."])]])
    ask(stage, "First?")

    assert failure(stage, ask(stage, "A huge question"))[0] == "MODEL_ERROR"

    assert stage.types(ask(stage, "A small one?"))[-1] == "RUN_SUCCEEDED"
    assert stage.said() == [("user", "First?"), ("assistant", "Yes."), ("user", "A small one?")]


def test_a_result_that_the_model_rejects_does_not_stay_in_the_session(stage: Stage) -> None:
    class Rejecting(ScriptedModel):
        """Takes no results of tools."""

        def stream(self, messages: list[Any], *others: object, **named: Any) -> Any:  # noqa: ANN401  as Strands has it
            if "toolResult" in json.dumps(messages):
                raise ValueError("no such content")
            return super().stream(messages, *others, **named)

    stage.tools = [look]
    stage.model = Rejecting([[Say(["I look."]), Call("look")], [Say(["Yes."])]])

    failure(stage, ask(stage))

    assert stage.types(ask(stage, "And now?"))[-1] == "RUN_SUCCEEDED"
    assert stage.said() == [("user", "How?"), ("assistant", "I look."), ("user", "And now?")]
