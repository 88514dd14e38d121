"""The answer of an agent with a structured output model: the call of a tool that Strands has for it alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from pydantic import BaseModel
from strands import Agent
from strands.tools.structured_output._structured_output_context import StructuredOutputContext
from strands.types.content import Message
from strands.types.events import ToolResultEvent
from strands.types.tools import ToolResult, ToolUse

from runtime.engine.tools.guard import GuardedTool
from runtime.engine.tools.interrupts import InterruptCheck

_TOGETHER: Final = "The answer was not taken: the message calls other tools, too. Give it alone, after their results."


@dataclass(frozen=True, slots=True)
class StructuredAnswer:
    """What a model's message answers: the valid `output` with the `results` of its calls, or by their ids why they
    give none. `invalid` counts those that do not fit the agent's model."""

    output: BaseModel | None = None
    results: Sequence[ToolResult] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    invalid: int = 0


async def structured_answer(agent: Agent, message: Message) -> StructuredAnswer:
    """The answer in a message of the agent's model, which Strands has not run; empty for a message without one."""
    # what the agent's module gave to Agent, which has no public name for it
    context = StructuredOutputContext(agent._default_structured_output_model)  # noqa: SLF001
    uses = [block["toolUse"] for block in message["content"] if "toolUse" in block]
    given = [use for use in uses if use["name"] == context.expected_tool_name]
    if not given:
        return StructuredAnswer()
    if len(given) < len(uses):
        return StructuredAnswer(problems={use["toolUseId"]: _TOGETHER for use in given})
    results = [await _validated(context, use) for use in given]
    output = context.extract_result(given)
    if output is not None:
        return StructuredAnswer(output, results)
    return StructuredAnswer(problems={result["toolUseId"]: _text(result) for result in results}, invalid=len(results))


async def _validated(context: StructuredOutputContext, use: ToolUse) -> ToolResult:
    if context.structured_output_tool is None:
        raise RuntimeError("a call of a tool that the agent does not have")
    # a validator is the agent's code, and may raise anything
    tool = GuardedTool(context.structured_output_tool, InterruptCheck())
    result: ToolResult | None = None
    async for event in tool.stream(use, {}, structured_output_context=context):
        if isinstance(event, ToolResultEvent):
            result = event.tool_result
    return cast("ToolResult", result)  # a guarded tool ends with one


def _text(result: ToolResult) -> str:
    return "\n".join(block["text"] for block in result["content"] if "text" in block)
