"""InvokeModel's body form of Anthropic's Claude: the Messages API with `anthropic_version`."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.sidecar.bedrock.conversation import Conversation
from sandbox.sidecar.bedrock.replies import StreamEvent, arguments
from sandbox.sidecar.invoke_model.claude_request import converse_body
from sandbox.sidecar.invoke_model.model_names import short_name
from sandbox.sidecar.invoke_model.typed_request import conversation_of

_STOP_REASONS = {"content_filtered": "refusal", "guardrail_intervened": "refusal"}
"""Converse's stop reasons that Claude has another name for."""


class Claude:
    """Parses a request and writes its answer, whole or as the events of the Messages API."""

    def __init__(self, model_id: str) -> None:
        self._model_id = model_id

    def conversation(self, body: Mapping[str, Any]) -> Conversation:
        """Raises ValidationException for what is no request of the Messages API."""
        return conversation_of(self._model_id, converse_body(body))

    def answer(self, events: list[StreamEvent]) -> dict[str, Any]:
        """Returns the whole message of an answer's events."""
        stream = ClaudeStream(self._model_id, 0)
        message: dict[str, Any] = {}
        for event in events:
            for part in stream.feed(event):
                message = _extended(message, part)
        for block in message["content"]:
            if block["type"] == "tool_use":
                block["input"] = arguments(block.pop("partial", "") or "{}")
        return message

    def stream(self, conversation: Conversation) -> "ClaudeStream":
        return ClaudeStream(self._model_id, conversation.input_tokens)


class ClaudeStream:
    """Converts the events of one answer to those of the Messages API, message_start to message_stop."""

    def __init__(self, model_id: str, input_tokens: int) -> None:
        self._model = short_name(model_id)
        self._input_tokens = input_tokens
        self._open: int | None = None
        self._stop: StreamEvent | None = None

    def feed(self, event: StreamEvent) -> Iterator[dict[str, Any]]:
        body = event.body
        match event.kind:
            case "messageStart":
                yield {"type": "message_start", "message": self._empty_message()}
            case "contentBlockStart":
                use = body["start"]["toolUse"]
                block = {"type": "tool_use", "id": use["toolUseId"], "name": use["name"], "input": {}}
                yield self._block_start(body["contentBlockIndex"], block)
            case "contentBlockDelta":
                yield from self._delta(body["contentBlockIndex"], body["delta"])
            case "contentBlockStop":
                self._open = None
                yield {"type": "content_block_stop", "index": body["contentBlockIndex"]}
            case "messageStop":
                self._stop = event  # its event needs the usage, which comes after it
            case "metadata":
                yield self._message_delta(body["usage"])
                yield {"type": "message_stop"}

    def _delta(self, index: int, delta: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        kind, block, change = _change(delta)
        if self._open != index and block is not None:
            yield self._block_start(index, block)
        yield {"type": "content_block_delta", "index": index, "delta": {"type": kind, **change}}

    def _block_start(self, index: int, block: Mapping[str, Any]) -> dict[str, Any]:
        self._open = index
        return {"type": "content_block_start", "index": index, "content_block": block}

    def _message_delta(self, usage: Mapping[str, int]) -> dict[str, Any]:
        reason = self._stop.body["stopReason"] if self._stop else "end_turn"
        stop = {
            "stop_reason": _STOP_REASONS.get(reason, reason),
            "stop_sequence": self._stop.stop_sequence if self._stop else None,
        }
        counts = {"input_tokens": usage["inputTokens"], "output_tokens": usage["outputTokens"]}
        return {"type": "message_delta", "delta": stop, "usage": counts}

    def _empty_message(self) -> dict[str, Any]:
        return {
            "model": self._model,
            "id": f"msg_bdrk_{uuid.uuid4().hex[:24]}",
            "type": "message",
            "role": "assistant",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {
                "input_tokens": self._input_tokens,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "output_tokens": 1,
            },
        }


def _change(delta: Mapping[str, Any]) -> tuple[str, dict[str, Any] | None, dict[str, Any]]:
    """Returns the delta's type, the empty block that it may have to open, and what it adds."""
    if "text" in delta:
        return "text_delta", {"type": "text", "text": ""}, {"text": delta["text"]}
    if "toolUse" in delta:
        return "input_json_delta", None, {"partial_json": delta["toolUse"]["input"]}
    empty = {"type": "thinking", "thinking": "", "signature": ""}
    return "thinking_delta", empty, {"thinking": delta["reasoningContent"]["text"]}


def _extended(message: dict[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    match part["type"]:
        case "message_start":
            return dict(part["message"])
        case "content_block_start":
            message["content"].append(dict(part["content_block"]))
        case "content_block_delta":
            block, delta = message["content"][part["index"]], part["delta"]
            for source, target in (("text", "text"), ("thinking", "thinking"), ("partial_json", "partial")):
                if source in delta:
                    block[target] = block.get(target, "") + delta[source]
        case "message_delta":
            message |= part["delta"]
            message["usage"] |= part["usage"]
    return message
