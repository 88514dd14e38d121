"""Runs one tool of an agent in this process: as the agent itself would, with its hooks and the engine's guard."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final, cast

from strands import Agent, ModelRetryStrategy
from strands.interrupt import Interrupt
from strands.types.agent import AgentInput
from strands.types.session import decode_bytes_values, encode_bytes_values

from runtime.engine.asking.forms import BadQuestionError, forms_of
from runtime.engine.conversations import Conversation
from runtime.engine.failures import explain_setup
from runtime.engine.tools.calls import survivable
from runtime.journal import Head
from runtime.process.logs import log
from runtime.react.agent.agents_process import AgentsProcess
from runtime.react.agent.checkpoints import INTERRUPTED, interrupt_state, resume, tools_only
from runtime.react.job_results import error_result
from runtime.react.stored_questions import StoredQuestion, StoredStop
from runtime.react.turn_files import Call, SavedTurn

_GRACE_SECONDS: Final = 2.0
"""For a tool that is told to stop."""


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """The result to store, or the `stop` of a tool that asks the user."""

    result: dict[str, Any]
    stop: StoredStop | None = None


class ToolCall:
    """One call of that turn. `state` and `responses` are those of a call that has asked and was answered."""

    def __init__(
        self,
        process: AgentsProcess,
        turn: SavedTurn,
        call: Call,
        state: Mapping[str, Any] | None = None,
        responses: Mapping[str, object] | None = None,
    ) -> None:
        self._process = process
        self._turn = turn
        self._call = call
        self._state = state
        self._responses = responses or {}

    async def execute(self, head: Head, seconds: float) -> ToolOutcome:
        """What the tool returned, an error where it did not within that many seconds."""
        working = asyncio.create_task(self._work(head))
        await asyncio.wait({working}, timeout=max(0.0, seconds))
        if not working.done():
            working.cancel()
            await asyncio.wait({working}, timeout=_GRACE_SECONDS)
        if not working.done():
            log("data_query.tool_abandoned", level="WARNING", tool=self._call.name)
            self._process.abandon(cast("asyncio.Task[None]", working))
        if not working.done() or working.cancelled():
            name = self._call.name
            return ToolOutcome(error_result(f"the tool {name} did not return within {seconds:.0f} seconds"))
        error = working.exception()
        if error is not None:
            raise error
        return working.result()

    async def _work(self, head: Head) -> ToolOutcome:
        orchestrator = await self._process.dependencies.journal_threads.run(self._process.orchestrators.ready)
        messages: Any = decode_bytes_values(self._messages())
        conversation = Conversation(messages, self._turn.version)
        opened = orchestrator.open_agent(head, ModelRetryStrategy(), conversation)
        try:
            async with opened as prepared:
                agent = prepared.agent
                if self._state is None:
                    prompt = tools_only(agent)
                else:
                    state: Any = decode_bytes_values(dict(self._state))
                    prompt = resume(agent, state, self._responses)
                return await self._run(agent, prompt)
        except BaseException as error:
            failure = survivable(error)
            log("data_query.failed", level="ERROR", tool=self._call.name, exc_info=True)
            problem = explain_setup(failure, head.run_id)
            return ToolOutcome(error_result(f"the tool {self._call.name} could not be run: {problem.message}"))

    async def _run(self, agent: Any, prompt: AgentInput) -> ToolOutcome:  # noqa: ANN401  a strands.Agent
        events = cast("AsyncGenerator[Mapping[str, Any]]", agent.stream_async(prompt))
        result: Any = None
        async with aclosing(events) as stream:
            async for event in stream:
                result = event.get("result", result)
        if result is not None and result.stop_reason == INTERRUPTED:
            return self._asked(agent, result.interrupts or ())
        for message in reversed(agent.messages):
            for block in message["content"]:
                if block.get("toolResult", {}).get("toolUseId") == self._call.tool_use_id:
                    given = block["toolResult"]
                    return ToolOutcome({"status": given["status"], "content": encode_bytes_values(given["content"])})
        return ToolOutcome(error_result(f"the tool {self._call.name} returned no result"))

    def _asked(self, agent: Agent, interrupts: Sequence[Interrupt]) -> ToolOutcome:
        try:
            forms = forms_of(interrupts, agent)
        except BadQuestionError as problem:  # of a hook; the guard has checked those of the tool
            log("data_query.bad_question", level="WARNING", tool=self._call.name, reason=str(problem))
            return ToolOutcome(error_result(f"the user was not asked: {problem}"))
        questions = tuple(
            StoredQuestion(interrupt.id, form.text, form.schema, form.default, form.seconds)
            for interrupt, form in zip(interrupts, forms, strict=True)
        )
        return ToolOutcome({}, StoredStop(questions, encode_bytes_values(interrupt_state(agent))))

    def _messages(self) -> list[Any]:
        """The conversation with this call alone in its last message: the others run in functions of their own."""
        *before, last = self._turn.messages
        content = [block for block in last["content"] if self._stays(block)]
        return [*before, {**last, "content": content}]

    def _stays(self, block: Mapping[str, Any]) -> bool:
        return "toolUse" not in block or block["toolUse"]["toolUseId"] == self._call.tool_use_id
