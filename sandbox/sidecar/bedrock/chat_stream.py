"""Converts chat-completion chunks to the events of ConverseStream."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.sidecar.bedrock.replies import StreamEvent
from sandbox.sidecar.bedrock.tokens import count_tokens

_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "content_filtered",
}


class ChatStream:
    """Converts one answer's chunks to events. Bedrock closes each content block before it opens the next."""

    def __init__(self) -> None:
        self._block = -1
        self._open: object = None
        self._stop_reason = "end_turn"
        self._called_tools = False
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
            if choice.get("finish_reason"):
                self._stop_reason = _STOP_REASONS.get(choice["finish_reason"], "end_turn")

    def end(self) -> Iterator[StreamEvent]:
        yield from self._close()
        # Some servers report "stop" although they have called tools.
        called = self._called_tools and self._stop_reason == "end_turn"
        yield StreamEvent("messageStop", {"stopReason": "tool_use" if called else self._stop_reason})

    def _tool_call(self, call: Mapping[str, Any]) -> Iterator[StreamEvent]:
        function = call.get("function") or {}
        # Servers that omit the index send each call in one chunk, so the id identifies it.
        key = ("tool", call.get("index", call.get("id")))
        if key != self._open and function.get("name"):
            yield from self._switch(key)
            self._called_tools = True
            use = {"toolUseId": call.get("id") or f"tooluse_{uuid.uuid4().hex[:22]}", "name": function["name"]}
            yield StreamEvent("contentBlockStart", {"contentBlockIndex": self._block, "start": {"toolUse": use}})
        if function.get("arguments"):
            yield self._delta({"toolUse": {"input": function["arguments"]}}, function["arguments"])

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
