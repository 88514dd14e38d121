"""Converts chat-completion chunks to the events of ConverseStream."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.sidecar.bedrock.errors import BedrockError
from sandbox.sidecar.bedrock.replies import StreamEvent
from sandbox.sidecar.bedrock.tokens import count_tokens

_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "content_filtered",
    "end_turn": "end_turn",
    "eos": "end_turn",
    "eos_token": "end_turn",
    "stop_sequence": "stop_sequence",
}
"""By the finish reason: OpenAI's, and those of other servers. Any other, such as `abort` or `error`, is of an answer
that the model has not ended."""

_MAX_REASON_CHARS = 40


class ChatStream:
    """Converts one answer's chunks to events. Bedrock closes each content block before it opens the next. Raises
    BedrockError for an answer that just ends: it is no message."""

    def __init__(self) -> None:
        self._block = -1
        self._open: object = None
        self._stop_reason = ""
        self._called: set[object] = set()
        self._ids: dict[object, str] = {}
        self.usage: dict[str, int] = {}
        self.output_tokens = 0

    def begin(self) -> StreamEvent:
        return StreamEvent("messageStart", {"role": "assistant"})

    def feed(self, chunk: Mapping[str, Any]) -> Iterator[StreamEvent]:
        self.usage |= chunk.get("usage") or {}
        for choice in (chunk.get("choices") or [])[:1]:
            delta = choice.get("delta") or {}
            reasoning = delta.get("reasoning_content") or delta.get("reasoning")
            if reasoning:
                yield from self._switch("reasoning")
                yield self._delta({"reasoningContent": {"text": reasoning}}, reasoning)
            if delta.get("content"):
                yield from self._switch("text")
                yield self._delta({"text": delta["content"]}, delta["content"])
            for call in delta.get("tool_calls") or []:
                yield from self._tool_call(call)
            reason = choice.get("finish_reason")
            if reason and reason not in _STOP_REASONS:
                raise broke_off(f"it ended with finish_reason {str(reason)[:_MAX_REASON_CHARS]}")
            if reason:
                self._stop_reason = _STOP_REASONS[reason]

    @property
    def is_finished(self) -> bool:
        """Whether the finish reason has come: only usage may follow it."""
        return bool(self._stop_reason)

    def end(self) -> Iterator[StreamEvent]:
        if not self.is_finished:
            raise broke_off("its stream ended without a finish_reason")
        yield from self._close()
        # Some servers report "stop" although they have called tools.
        called = self._called and self._stop_reason == "end_turn"
        yield StreamEvent("messageStop", {"stopReason": "tool_use" if called else self._stop_reason})

    def _tool_call(self, call: Mapping[str, Any]) -> Iterator[StreamEvent]:
        function = call.get("function") or {}
        key = self._call_key(call)
        if key != self._open:
            if key in self._called:
                raise broke_off("it mixed the arguments of two tool calls")
            if not function.get("name"):
                raise BedrockError("ModelErrorException", "The model server called a tool without a name.")
            yield from self._switch(key)
            self._called.add(key)
            use = {"toolUseId": key[-1], "name": function["name"]}
            yield StreamEvent("contentBlockStart", {"contentBlockIndex": self._block, "start": {"toolUse": use}})
        if function.get("arguments"):
            yield self._delta({"toolUse": {"input": function["arguments"]}}, function["arguments"])

    def _call_key(self, call: Mapping[str, Any]) -> tuple[str, object, str]:
        """What identifies a part's call: servers leave out the index or the id, or give every call the index 0."""
        index, call_id = call.get("index"), call.get("id")
        known = self._ids.get(index)
        starts = index is None and not call_id and bool((call.get("function") or {}).get("name"))
        if known is None or starts or (call_id and call_id != known):
            self._ids[index] = str(call_id or f"tooluse_{uuid.uuid4().hex[:22]}")
        return ("tool", index, self._ids[index])

    def _delta(self, delta: Mapping[str, Any], text: str) -> StreamEvent:
        tokens = count_tokens(text)
        self.output_tokens += tokens
        return StreamEvent("contentBlockDelta", {"contentBlockIndex": self._block, "delta": delta}, tokens)

    def _switch(self, block: object) -> Iterator[StreamEvent]:
        if self._open != block:
            yield from self._close()
            self._block += 1
            self._open = block

    def _close(self) -> Iterator[StreamEvent]:
        if self._open is not None:
            yield StreamEvent("contentBlockStop", {"contentBlockIndex": self._block})
            self._open = None


def broke_off(reason: str) -> BedrockError:
    return BedrockError("ModelStreamErrorException", f"The model server broke off: {reason}.")
