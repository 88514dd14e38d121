"""Translates the events of Strands' stream_async into events of the run contract."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from strands.agent import AgentResult

from contract.events import EventType
from runtime.engine.answer import CANCELLED_TEXT, ToolResults, structured_output, text_of
from runtime.engine.failures import CutStreamError
from runtime.engine.json_safe import to_json_safe, to_text
from runtime.engine.outcome import Outcome

INTERRUPTED: Final = "interrupt"
"""The stop reason of an agent that waits for answers."""

MESSAGE_BREAK: Final = "\n\n"
"""Between the texts of two messages of one run."""

MAX_RESULT_CHARS: Final = 1_000_000
"""Of a tool's result in the journal: the model gets all of it, and a replay reads a hundred events at once."""

_TOKEN_COUNTS: Final = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cacheReadInputTokens": "cache_read_tokens",
    "cacheWriteInputTokens": "cache_write_tokens",
}


class EventSink(Protocol):
    """Accepts the agent's output, in order, without blocking."""

    def text(self, delta: str) -> None: ...

    def event(self, event_type: EventType, data: Mapping[str, Any]) -> None: ...


class Translation:
    """Reads one agent's stream. `partial_text` is the text since the model's last complete message, `structured` the
    validated object of an agent with a structured output model, as JSON values. `is_asking` means that the model has
    not begun to answer the newest request: the question, or the results of tools."""

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink
        self._usage: Counter[str] = Counter()
        self._partial: list[str] = []
        self._texts: list[str] = []
        self._streamed: Mapping[str, Any] | None = None
        self._open_calls: dict[str, None] = {}
        self._message_ended = False
        self._has_text = False
        self.result: AgentResult | None = None
        self.stop_reason: str | None = None
        self.structured: object = None
        self.is_asking = True

    def feed(self, event: Mapping[str, Any]) -> None:
        """Take one event of the stream; events without meaning for a reader of the run are ignored."""
        if "data" in event and "delta" in event:
            self._feed_text(event["data"])
        elif "event" in event:
            self._feed_chunk(event["event"])
        elif "message" in event:
            self._feed_message(event["message"])
        elif "result" in event:
            self._feed_result(event["result"])

    def restore(self, texts: Sequence[str], open_calls: Sequence[str]) -> None:
        """Go on where an earlier worker has stopped for answers: what the agent had said, and the calls that are
        reported without a result."""
        self._texts = list(texts)
        self._has_text = bool(self._texts)
        self._open_calls = dict.fromkeys(open_calls)

    @property
    def texts(self) -> list[str]:
        """The messages with text that the agent has said, in order."""
        return list(self._texts)

    @property
    def open_calls(self) -> list[str]:
        """The ids of the tool calls whose results are not reported yet."""
        return list(self._open_calls)

    @property
    def is_interrupted(self) -> bool:
        """Whether the agent has stopped to ask."""
        return self.stop_reason == INTERRUPTED

    @property
    def partial_text(self) -> str:
        return "".join(self._partial)

    @property
    def all_text(self) -> str:
        """Everything that the agent has said in this run."""
        return MESSAGE_BREAK.join(text for text in [*self._texts, self.partial_text] if text.strip())

    @property
    def final_text(self) -> str:
        """The agent's answer, once it has ended, without earlier remarks: the validated object as JSON, else its last
        message with text. A model may give its answer together with a last tool call, and then add nothing."""
        return "" if self.result is None else self._last_text

    @property
    def has_begun_message(self) -> bool:
        """Whether the model has sent part of a message: a retry would repeat it."""
        return bool(self._partial)

    def check_end(self) -> None:
        """Raises CutStreamError where the model's stream ended without the chunk that ends a message: Strands reports
        that as a normal end, like that of a hook that answers in the model's place."""
        if self.stop_reason == "end_turn" and not self._message_ended and not self.is_asking:
            raise CutStreamError

    def outcome(self) -> Outcome:
        """How the agent has ended, by itself."""
        if self.result is None:
            return Outcome.ended("no result", has_answer=False)
        return Outcome.ended(str(self.stop_reason), has_answer=bool(self.final_text), output=self.structured)

    def close_calls(self, results: ToolResults) -> None:
        """Report the results of tool calls that are not reported yet, an error for a tool that has not returned."""
        for tool_use_id in self._open_calls:
            self._sink.event(EventType.TOOL_RESULT, _tool_result(results.of(tool_use_id)))
        self._open_calls.clear()

    def usage(self) -> dict[str, int]:
        """Tokens and model calls so far; a call that was cancelled counts without its tokens."""
        return {"input_tokens": 0, "output_tokens": 0, "model_calls": 0, **self._usage}

    def _feed_text(self, delta: str) -> None:
        if self._has_text and not self._partial:
            # The text before and after a tool call are two messages; without a break they would read as one word.
            self._sink.text(MESSAGE_BREAK)
        self._has_text = True
        self._partial.append(delta)
        self._sink.text(delta)

    def _feed_chunk(self, chunk: Mapping[str, Any]) -> None:
        if "messageStart" in chunk:
            self._usage["model_calls"] += 1
            self._message_ended = False
            self.is_asking = False
            self._partial.clear()
        elif "messageStop" in chunk:
            self._message_ended = True
        elif "metadata" in chunk:
            counts = chunk["metadata"].get("usage", {})
            self._usage.update({name: counts[key] for key, name in _TOKEN_COUNTS.items() if counts.get(key)})

    def _feed_message(self, message: Mapping[str, Any]) -> None:
        for block in message["content"]:
            if "toolUse" in block:
                self._open_calls[block["toolUse"]["toolUseId"]] = None
                self._sink.event(EventType.TOOL_CALL, _tool_call(block["toolUse"]))
            elif "toolResult" in block:
                self.is_asking = True
                self._open_calls.pop(block["toolResult"]["toolUseId"], None)
                self._sink.event(EventType.TOOL_RESULT, _tool_result(block["toolResult"]))
        if self._partial:
            self._streamed = message
        if self._message_ended:
            self._end_text(text_of(message) or self.partial_text)

    def _feed_result(self, result: AgentResult) -> None:
        self.result = result
        self.stop_reason = str(result.stop_reason)
        if self.is_interrupted:
            return  # its message is no new one
        message = getattr(result, "message", None)
        text = text_of(message)
        if message is not self._streamed and text not in {"", CANCELLED_TEXT, self._last_text}:
            self._say(text)  # a hook or a tool has ended the agent with words of its own
        output = getattr(result, "structured_output", None)
        if output is not None:
            self.structured, text = structured_output(output, self._last_text)
            self._say(text)

    @property
    def _last_text(self) -> str:
        return self._texts[-1] if self._texts else ""

    def _say(self, text: str) -> None:
        """Take text that the model has not streamed; nothing where it is the last that was said."""
        if text == self._last_text:
            return
        self._partial.clear()
        self._feed_text(text)
        self._end_text(text)

    def _end_text(self, text: str) -> None:
        if text.strip():
            self._texts.append(text)
        self._partial.clear()


def _tool_call(use: Mapping[str, Any]) -> dict[str, Any]:
    return {"tool_use_id": use["toolUseId"], "name": use["name"], "input": to_json_safe(use["input"])}


def _tool_result(result: Mapping[str, Any]) -> dict[str, Any]:
    content = "\n".join(_as_text(block) for block in result["content"])
    data = {"tool_use_id": result["toolUseId"], "status": result["status"], "content": content[:MAX_RESULT_CHARS]}
    return data | ({"truncated": True} if len(content) > MAX_RESULT_CHARS else {})


def _as_text(block: Mapping[str, Any]) -> str:
    if "text" in block:
        return str(block["text"])
    if "json" in block:
        return to_text(block["json"])
    return f"[{', '.join(block)}]"
