"""InvokeModel's body form of Amazon Nova: the messages of Converse, with limits under names of its own."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from sandbox.sidecar.bedrock.conversation import Conversation
from sandbox.sidecar.bedrock.errors import BedrockError, invalid
from sandbox.sidecar.bedrock.replies import StreamEvent, message_of
from sandbox.sidecar.invoke_model.typed_request import conversation_of

SCHEMA = "messages-v1"

_LIMITS: Mapping[str, str] = MappingProxyType(
    {
        **{name: name for name in ("maxTokens", "temperature", "topP", "topK", "stopSequences")},
        "max_new_tokens": "maxTokens",
        "top_p": "topP",
        "top_k": "topK",
        "reasoningConfig": "reasoningConfig",
    }
)
"""The names of `inferenceConfig`, and Converse's for them."""

_KNOWN = frozenset({"schemaVersion", "messages", "system", "inferenceConfig", "toolConfig"})
_BLOCKS = frozenset({"text", "image", "document", "video", "toolUse", "toolResult", "reasoningContent", "cachePoint"})


class Nova:
    """Parses a request and writes its answer, whole or as chunks."""

    def __init__(self, model_id: str) -> None:
        self._model_id = model_id

    def conversation(self, body: Mapping[str, Any]) -> Conversation:
        """Raises ValidationException for what is no request of Nova's understanding models."""
        for key in sorted(set(body) - _KNOWN):
            raise _extraneous(key)
        if body.get("schemaVersion", SCHEMA) != SCHEMA:
            raise invalid(f"Malformed input request: schemaVersion must be {SCHEMA}, please reformat your input.")
        _validate_blocks(body.get("messages"))
        limits = body.get("inferenceConfig") or {}
        if not isinstance(limits, dict):
            raise invalid("Malformed input request: #/inferenceConfig: expected type: JSONObject.")
        for key in sorted(set(limits) - _LIMITS.keys()):
            raise _extraneous(key)
        renamed = {_LIMITS[name]: value for name, value in limits.items()}
        return conversation_of(self._model_id, {**body, "inferenceConfig": renamed})

    def answer(self, events: list[StreamEvent]) -> dict[str, Any]:
        """Returns the whole answer of an answer's events."""
        message = message_of(events)
        usage = {**message["usage"], "cacheReadInputTokenCount": 0, "cacheWriteInputTokenCount": 0}
        return {"output": message["output"], "stopReason": message["stopReason"], "usage": usage}

    def stream(self, conversation: Conversation) -> "NovaStream":
        del conversation
        return NovaStream()


class NovaStream:
    """Converts events to chunks: each is the event's body under its name."""

    def feed(self, event: StreamEvent) -> Iterator[dict[str, Any]]:
        if event.kind == "metadata":
            yield {"metadata": {"usage": event.body["usage"], "metrics": {}, "trace": {}}}
        else:
            yield {event.kind: dict(event.body)}


def _validate_blocks(messages: object) -> None:
    """Converse takes further kinds of blocks than Nova."""
    for message in messages if isinstance(messages, list) else []:
        content = message.get("content") if isinstance(message, dict) else None
        for block in content if isinstance(content, list) else []:
            for key in sorted(set(block) - _BLOCKS) if isinstance(block, dict) else []:
                raise _extraneous(key)


def _extraneous(key: str) -> BedrockError:
    return invalid(f"Malformed input request: #: extraneous key [{key}] is not permitted, please reformat your input.")
