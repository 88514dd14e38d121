"""Stands between an agent, its tools and its model: a tool's trouble is the model's to read and never ends the run."""

import copy
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Any, Final
from weakref import WeakValueDictionary, ref

from strands import Agent
from strands.hooks import AfterInvocationEvent, AfterToolCallEvent, BeforeToolsEvent, HookOrder, MessageAddedEvent
from strands.interrupt import InterruptException
from strands.middleware import ExecuteToolContext, ExecuteToolStage
from strands.tools.decorator import DecoratedFunctionTool
from strands.tools.tools import PythonAgentTool
from strands.types._events import ToolInterruptEvent  # Strands exports the other events only
from strands.types.events import ToolResultEvent
from strands.types.tools import AgentTool, ToolGenerator, ToolResultContent, ToolSpec, ToolUse

from runtime.engine.answer import ValidationBound
from runtime.engine.json_safe import to_json_safe, to_valid_text
from runtime.engine.model.guard import ModelGuard
from runtime.engine.outcome import ANSWERED
from runtime.engine.tools.calls import guarded, step_of
from runtime.engine.tools.inner_agents import agent_of, agents_of
from runtime.engine.tools.interrupts import InterruptCheck
from runtime.engine.tools.results import to_exception, to_result

BeforeCall = Callable[[], Awaitable[None]]


def guard_agent(agent: Agent, before_call: BeforeCall | None = None) -> None:
    """Have the agent's tools return valid results, whatever they return or raise, and await `before_call` before each
    call. An answer of its model that just ends is an error, and so are too many invalid structured outputs. The tools
    that are agents are guarded as well. An agent may be guarded twice."""
    for one in agents_of(agent).values():
        guard = _guards.get(id(one))
        if guard is None or guard.agent() is not one:
            _guards[id(one)] = _Guard(one)
    guard = _guards[id(agent)]
    guard.before_call = before_call or guard.before_call


class _Guard:
    """Kept by its agent. `cut` is the stop reason of its last answer where that was not complete."""

    def __init__(self, agent: Agent) -> None:
        self.agent = ref(agent)
        self.before_call: BeforeCall | None = None
        self.cut = ""
        self._interrupts = InterruptCheck()
        ModelGuard().attach(agent)
        agent.hooks.add_hook(ValidationBound())
        agent.hooks.add_callback(AfterInvocationEvent, self._note_end)
        agent.hooks.add_callback(BeforeToolsEvent, self._interrupts.reset)
        # The innermost layer, so that other middleware and Strands' own traces see valid results only.
        agent.add_middleware(ExecuteToolStage, self._run)
        agent.hooks.add_callback(AfterToolCallEvent, _clean_result, order=HookOrder.SDK_LAST + 1)
        agent.hooks.add_callback(MessageAddedEvent, _clean_message, order=HookOrder.SDK_FIRST - 1)

    async def _run(
        self, context: ExecuteToolContext, proceed: Callable[..., AsyncGenerator[Any]]
    ) -> AsyncGenerator[Any]:
        if self.before_call is not None:
            await self.before_call()
        tool = None if context.tool is None else GuardedTool(context.tool, self._interrupts)
        async for event in proceed(context.replace(tool=tool)):
            yield event

    def _note_end(self, event: AfterInvocationEvent) -> None:
        reason = "" if event.result is None else str(event.result.stop_reason)
        self.cut = "" if reason in ANSWERED else reason


_guards: Final = WeakValueDictionary[int, _Guard]()


class GuardedTool(AgentTool):
    """A tool whose stream ends with a valid result or an interrupt that can be a question, and raises nothing but the
    cancellation of its task."""

    def __init__(self, tool: AgentTool, interrupts: InterruptCheck) -> None:
        super().__init__()
        self._tool = _with_guarded_function(tool)
        self._interrupts = interrupts

    @property
    def tool_name(self) -> str:
        return self._tool.tool_name

    @property
    def tool_spec(self) -> ToolSpec:
        return self._tool.tool_spec

    @property
    def tool_type(self) -> str:
        return self._tool.tool_type

    async def stream(self, tool_use: ToolUse, invocation_state: dict[str, Any], **kwargs: Any) -> ToolGenerator:  # noqa: ANN401  as Strands
        """Yields the tool's events, then its result, or the interrupt that it waits for."""
        tool_use_id = str(tool_use.get("toolUseId"))
        events = _events(self._tool, tool_use, invocation_state, **kwargs)
        last: object = ""
        try:
            while (step := await step_of(events)).error is None:
                if isinstance(step.value, ToolResultEvent):
                    yield self._complete(_valid(step.value, tool_use_id))
                    return
                if isinstance(step.value, ToolInterruptEvent):
                    yield self._checked(step.value, tool_use_id, invocation_state)
                    return
                yield step.value
                last = step.value
        finally:
            with suppress(Exception):
                await events.aclose()
        if isinstance(step.error, InterruptException):
            event = ToolInterruptEvent(tool_use, [step.error.interrupt])
            yield self._checked(event, tool_use_id, invocation_state)
            return
        if isinstance(step.error, StopAsyncIteration):
            # A tool that is none of Strands' own yields its result last.
            yield ToolResultEvent(to_result(last, tool_use_id))
            return
        error = to_exception(step.error)
        failed = {"status": "error", "content": f"Error: {error}"}
        yield ToolResultEvent(to_result(failed, tool_use_id), exception=error)

    def _checked(
        self, event: ToolInterruptEvent, tool_use_id: str, invocation_state: dict[str, Any]
    ) -> ToolInterruptEvent | ToolResultEvent:
        is_agent = agent_of(self._tool) is not None
        return self._interrupts.checked(event, tool_use_id, invocation_state, cut=is_agent)

    def _complete(self, event: ToolResultEvent) -> ToolResultEvent:
        """An error in place of the result of an agent whose answer is not complete."""
        agent = agent_of(self._tool)
        guard = None if agent is None else _guards.get(id(agent))
        if guard is None or not guard.cut:
            return event
        result = event.tool_result
        note: ToolResultContent = {"text": f"The agent's answer is not complete ({guard.cut})."}
        return ToolResultEvent({**result, "status": "error", "content": [note, *result["content"]]})


async def _events(tool: AgentTool, *args: Any, **kwargs: Any) -> AsyncGenerator[Any]:  # noqa: ANN401  as Strands
    """The tool's stream, also where it is none: what its start raises comes with the first event."""
    stream = tool.stream(*args, **kwargs)
    try:
        async for event in stream:
            yield event
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()


def _with_guarded_function(tool: AgentTool) -> AgentTool:
    if not isinstance(tool, DecoratedFunctionTool | PythonAgentTool):
        return tool
    # Strands turns the function's raw value into text and awaits it through a future, before anybody else sees it.
    copied = copy.copy(tool)
    copied._tool_func = guarded(tool._tool_func)  # noqa: SLF001  Strands has no public way to it
    return copied


def _valid(event: ToolResultEvent, tool_use_id: str) -> ToolResultEvent:
    error = None if event.exception is None else to_exception(event.exception)
    return ToolResultEvent(to_result(event.tool_result, tool_use_id), exception=error)


def _clean_result(event: AfterToolCallEvent) -> None:
    """Other hooks may have replaced the result."""
    event.result = to_result(event.result, str(event.tool_use.get("toolUseId")))


def _clean_message(event: MessageAddedEvent) -> None:
    """The blocks of a new message as JSON can hold them, before the journal and the model get it."""
    for block in event.message["content"]:
        if "toolUse" in block:
            use = block["toolUse"]
            use["input"] = _input(use.get("input"))
        elif "toolResult" in block:
            given = block["toolResult"]
            block["toolResult"] = to_result(given, str(given["toolUseId"]))
        elif "text" in block:
            block["text"] = to_valid_text(block["text"])


def _input(value: object) -> dict[str, Any]:
    """A tool's input as an object, which is all that a model accepts in its history."""
    safe = {} if value is None else to_json_safe(value)
    return safe if isinstance(safe, dict) else {"input": safe}
