"""Runs whose agent calls another agent as a tool: the inner agent's model and tools are guarded like its own."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from pydantic import BaseModel, field_validator
from strands import Agent, tool
from strands.hooks import AfterToolCallEvent

from contract.events import EventType
from tests.runtime.stage import Call, Say, ScriptedModel, Stage


class Inner(ScriptedModel):
    """A model whose every answer consists of these chunks."""

    def __init__(self, chunks: list[dict[str, Any]]) -> None:
        super().__init__([])
        self.chunks = chunks
        self.calls = 0

    async def stream(  # type: ignore[override]  # the names of what is not used here
        self, *_: object, **__: object
    ) -> AsyncGenerator[dict[str, Any], None]:
        self.calls += 1
        for chunk in self.chunks:
            yield chunk


def said(text: str) -> list[dict[str, Any]]:
    return [{"messageStart": {"role": "assistant"}}, {"contentBlockDelta": {"delta": {"text": text}}}]


def called(name: str, arguments: str) -> list[dict[str, Any]]:
    return [
        {"messageStart": {"role": "assistant"}},
        {"contentBlockStart": {"start": {"toolUse": {"name": name, "toolUseId": "i"}}}},
        {"contentBlockDelta": {"delta": {"toolUse": {"input": arguments}}}},
    ]


def ended(reason: str) -> list[dict[str, Any]]:
    return [{"contentBlockStop": {}}, {"messageStop": {"stopReason": reason}}]


def result_of(stage: Stage, inner: Agent) -> tuple[str, str]:
    """Status and content of the inner agent's result in a run that succeeds."""
    stage.tools = [inner.as_tool(name="inner", description="Ask it.")]
    stage.model = ScriptedModel([[Call("inner", {"input": "Go"})], [Say(["Done."])]])
    run_id = stage.accept()
    stage.serve(run_id)
    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED", stage.end(run_id).data
    (data,) = [event.data for event in stage.journal.events[run_id] if event.type is EventType.TOOL_RESULT]
    return data["status"], data["content"]


def test_an_inner_answer_that_just_ends_is_a_tool_error(stage: Stage) -> None:
    status, content = result_of(stage, Agent(model=Inner(said("Half of")), callback_handler=None))

    assert status == "error"
    assert "ended before its answer did" in content


def test_an_inner_tool_does_not_run_with_arguments_that_were_cut(stage: Stage) -> None:
    ran: list[str] = []

    @tool
    def look(place: str = "here") -> str:
        """Look."""
        ran.append(place)
        return place

    status, _ = result_of(stage, Agent(model=Inner(called("look", '{"pla')), tools=[look], callback_handler=None))

    assert (status, ran) == ("error", [])


@pytest.mark.parametrize("reason", ["content_filtered", "guardrail_intervened", "model_context_window_exceeded"])
def test_an_inner_answer_that_was_stopped_is_an_error_with_its_text(stage: Stage, reason: str) -> None:
    inner = Agent(model=Inner([*said("Half of"), *ended(reason)]), callback_handler=None)

    status, content = result_of(stage, inner)

    assert status == "error"
    assert reason in content
    assert "Half of" in content


class Found(BaseModel):
    """What was found."""

    place: str

    @field_validator("place")
    @classmethod
    def never(cls, _: str) -> str:
        raise ValueError("no place is valid")


def test_an_inner_structured_output_that_never_validates_is_bounded(stage: Stage) -> None:
    model = Inner([*called("Found", '{"place": "x"}'), *ended("tool_use")])

    status, _ = result_of(stage, Agent(model=model, structured_output_model=Found, callback_handler=None))

    assert (status, model.calls) == ("error", 5)


def test_agents_that_are_tools_of_each_other_can_be_used(stage: Stage) -> None:
    first = Agent(model=Inner([*said("First."), *ended("end_turn")]), name="first", callback_handler=None)
    second = Agent(model=Inner([]), name="second", tools=[first.as_tool()], callback_handler=None)
    first.tool_registry.register_tool(second.as_tool())

    assert result_of(stage, first) == ("success", "First.\n")


def test_what_a_hook_makes_of_a_result_is_kept_as_the_journal_has_it(stage: Stage) -> None:
    def replace(event: AfterToolCallEvent) -> None:
        event.result = {"toolUseId": "0", "status": "success", "content": [{"json": [1, float("nan")]}]}

    @tool
    def look() -> str:
        """Look."""
        return "here"

    stage.tools = [look]
    stage.options = {"hooks": [replace]}
    stage.model = ScriptedModel([[Call("look", {})], [Say(["Done."])]])
    run_id = stage.accept()
    stage.serve(run_id)

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"
    (journalled,) = [event.data for event in stage.journal.events[run_id] if event.type is EventType.TOOL_RESULT]
    (block,) = stage.model.heard[1][-1]["content"]
    (part,) = block["toolResult"]["content"]
    assert json.loads(part.get("text") or json.dumps(part["json"], allow_nan=False)) == [1, None]
    assert json.loads(journalled["content"]) == [1, None]
