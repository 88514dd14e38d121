"""The agent of one model call: it continues the run's conversation, and stops before its tools."""

import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, Final

from strands import Agent
from strands.types.agent import AgentInput
from strands.types.content import Message
from strands.types.exceptions import StructuredOutputException

from runtime.engine.agent_task import AgentTask, JournalSink, UserMessages
from runtime.engine.answer import MAX_INVALID_OUTPUTS
from runtime.engine.cancellation import CancellationToken
from runtime.engine.conversations import Conversation, assistant_message
from runtime.engine.failures import explain_stream
from runtime.engine.orchestrator import Orchestrator, PreparedAgent
from runtime.engine.translation import EventSink, Translation
from runtime.journal import Head
from runtime.react.agent.checkpoints import STOPPED, stop_after_model
from runtime.react.agent.structured_answers import StructuredAnswer, structured_answer
from runtime.react.turn_files import TOOL_USE, Call, SavedTurn

MAX_CALLS: Final = 10
"""Tool calls of one model call that are run: the state machine's history holds 25,000 events."""

_QUOTED_CHARS: Final = 200


class TurnTask(AgentTask):
    """Its agent gets the run's question in the first turn, and has all that was said in every other. `before` is what
    the turn before has left, None in the first; `invalid_outputs` counts those of the run so far."""

    def __init__(
        self,
        orchestrator: Orchestrator,
        sink: JournalSink,
        cancellation: CancellationToken,
        conversation: Conversation | None,
        before: SavedTurn | None,
        messages: UserMessages,
    ) -> None:
        super().__init__(orchestrator, sink, cancellation, messages=messages)
        self._conversation = conversation
        self._is_first = before is None
        self._answer = StructuredAnswer()
        self.invalid_outputs = 0 if before is None else before.invalid_outputs
        self.turn_translation = TurnTranslation(sink, before is not None and before.has_text)
        self.translation = self.turn_translation

    def calls(self) -> list[Call]:
        """The calls of the model's message; those that cannot be run have the reason."""
        if self.prepared is None:
            return []
        agent = self.prepared.agent
        uses = [block["toolUse"] for block in agent.messages[-1]["content"] if "toolUse" in block]
        return [self._call(agent, use, position) for position, use in enumerate(uses)]

    def _open(self, brief: Head) -> AbstractAsyncContextManager[PreparedAgent]:
        return self._orchestrator.open_agent(brief, self._retry, self._conversation)

    def _prompt(self, agent: Agent, brief: Head) -> AgentInput:
        stop_after_model(agent)
        return brief.question if self._is_first else []

    async def _go_on(self, prepared: PreparedAgent, brief: Head) -> AgentInput:
        """None: the state machine goes on. A structured output that ends the run is taken here."""
        result = self.translation.result
        if result is None or self.translation.stop_reason != STOPPED:
            return None
        agent = prepared.agent
        self._answer = await structured_answer(agent, agent.messages[-1])
        self.invalid_outputs += self._answer.invalid
        if self._answer.output is not None:
            # as Strands ends an agent after its structured output
            ended = replace(result, stop_reason=TOOL_USE, structured_output=self._answer.output)
            self.translation.feed({"result": ended})
            given: Message = {"role": "user", "content": [{"toolResult": one} for one in self._answer.results]}
            agent.messages.extend([given, assistant_message(self.translation.final_text)])
        elif self.invalid_outputs >= MAX_INVALID_OUTPUTS:
            last = list(self._answer.problems.values())[-1]
            error = StructuredOutputException(f"{self.invalid_outputs} answers were invalid, the last one: {last}")
            raise explain_stream(error, brief.run_id, has_begun_message=False)
        return None

    def _call(self, agent: Agent, use: Mapping[str, Any], position: int) -> Call:
        name, tools = str(use["name"]), agent.tool_registry.registry
        tool = tools.get(name)
        refused = self._refused(str(use["toolUseId"]), position) or self._answer.problems.get(use["toolUseId"], "")
        if tool is None:
            refused = refused or f"There is no tool {name}; the tools are {', '.join(sorted(tools))}."
            return Call(str(use["toolUseId"]), name, use["input"], refused=refused)
        schema = tool.tool_spec["inputSchema"].get("json", {})
        return Call(str(use["toolUseId"]), name, use["input"], schema, str(getattr(tool, "kind", "")), refused)

    def _refused(self, tool_use_id: str, position: int) -> str:
        if position >= MAX_CALLS:
            return f"The tool was not run: one message may call {MAX_CALLS} tools. Call it again in the next."
        sent = self.turn_translation.malformed.get(tool_use_id)
        if sent is None:
            return ""
        return (
            f"The tool was not run: its arguments are not a JSON object: {sent[:_QUOTED_CHARS]}\n"
            "Call it again with one complete JSON object."
        )


class TurnTranslation(Translation):
    """Reads the arguments of the calls as the model sent them, too: Strands makes {} of those that are no JSON.
    `malformed` has the text of such, by the id of the call."""

    def __init__(self, sink: EventSink, has_text: bool) -> None:
        super().__init__(sink)
        self._has_text = has_text
        self._sent: list[str] = []
        self._open_call = ""
        self.malformed: dict[str, str] = {}

    @property
    def has_text(self) -> bool:
        """Whether the run has text."""
        return self._has_text

    def feed(self, event: Mapping[str, Any]) -> None:
        super().feed(event)
        if "event" in event:
            self._read_arguments(event["event"])

    def _read_arguments(self, chunk: Mapping[str, Any]) -> None:
        if "messageStart" in chunk:
            self.malformed.clear()
        elif "contentBlockStart" in chunk:
            use = (chunk["contentBlockStart"].get("start") or {}).get("toolUse")
            self._open_call, self._sent = ("" if use is None else str(use.get("toolUseId"))), []
        elif "contentBlockDelta" in chunk:
            use = chunk["contentBlockDelta"]["delta"].get("toolUse")
            if use is not None:
                # some models send the id with the arguments
                self._open_call = self._open_call or str(use.get("toolUseId") or "")
                self._sent.append(str(use.get("input") or ""))
        elif "contentBlockStop" in chunk:
            text = "".join(self._sent)
            if self._open_call and not _is_object(text):
                self.malformed[self._open_call] = text
            self._open_call, self._sent = "", []


def _is_object(text: str) -> bool:
    """Whether the arguments are a JSON object; nothing and null are those of a tool without parameters."""
    if not text.strip():
        return True
    try:
        return isinstance(json.loads(text), dict | None)
    except (ValueError, RecursionError):
        return False
