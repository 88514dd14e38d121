"""Translates the events of Strands' stream_async into events of the run contract."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, Protocol

from strands.agent import AgentResult

from contract.events import EventType
from runtime.engine.failures import CutStreamError
from runtime.engine.json_safe import to_json_safe

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
    """Reads one agent's stream. `partial_text` is the text since the model's last complete message."""

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink
        self._usage: Counter[str] = Counter()
        self._partial: list[str] = []
        self._result: AgentResult | None = None
        self._message_ended = False
        self._has_text = False
        self.stop_reason: str | None = None

    def feed(self, event: Mapping[str, Any]) -> None:
        """Take one event of the stream; events without meaning for a reader of the run are ignored."""
        if "data" in event and "delta" in event:
            self._feed_text(event["data"])
        elif "event" in event:
            self._feed_chunk(event["event"])
        elif "message" in event:
            self._feed_message(event["message"])
        elif "result" in event:
            self._result = event["result"]
            self.stop_reason = str(self._result.stop_reason)

    @property
    def partial_text(self) -> str:
        return "".join(self._partial)

    @property
    def final_text(self) -> str:
        """The agent's last message, once it has ended: its answer without earlier remarks."""
        blocks = () if self._result is None else self._result.message["content"]
        return "\n".join(block["text"] for block in blocks if "text" in block)

    @property
    def has_begun_message(self) -> bool:
        """Whether the model has sent part of a message: a retry would repeat it."""
        return bool(self._partial)

    def check_end(self) -> None:
        """Raises CutStreamError where the model's stream ended without the chunk that ends a message: Strands reports
        that as a normal end."""
        if self.stop_reason == "end_turn" and not self._message_ended:
            raise CutStreamError

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
            self._partial.clear()
        elif "messageStop" in chunk:
            self._message_ended = True
        elif "metadata" in chunk:
            counts = chunk["metadata"].get("usage", {})
            self._usage.update({name: counts[key] for key, name in _TOKEN_COUNTS.items() if counts.get(key)})

    def _feed_message(self, message: Mapping[str, Any]) -> None:
        for block in message["content"]:
            if "toolUse" in block:
                self._sink.event(EventType.TOOL_CALL, _tool_call(block["toolUse"]))
            elif "toolResult" in block:
                self._sink.event(EventType.TOOL_RESULT, _tool_result(block["toolResult"]))
        if self._message_ended:
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
        return json.dumps(to_json_safe(block["json"]), ensure_ascii=False, default=str)
    return f"[{', '.join(block)}]"
