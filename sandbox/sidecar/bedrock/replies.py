"""A model's answer as the events of ConverseStream, and the message that Converse returns for the same events."""

import json
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.sidecar.bedrock.conversation import TextBlock, ToolUse
from sandbox.sidecar.bedrock.errors import BedrockError
from sandbox.sidecar.bedrock.eventstream import encode_event
from sandbox.sidecar.bedrock.tokens import split_tokens

_TOKENS_PER_INPUT_DELTA = 4


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event of the stream; `tokens` is the number of the answer's tokens in it, `stop_sequence` what ended it."""

    kind: str
    body: Mapping[str, Any]
    tokens: int = 0
    stop_sequence: str | None = None

    def encode(self) -> bytes:
        return encode_event(self.kind, self.body)


Events = AsyncGenerator[Sequence[StreamEvent], None]
"""The events of an answer, in batches of those that are due at the same time."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer before it is sent."""

    blocks: tuple[TextBlock | ToolUse, ...]
    stop_reason: str
    stop_sequence: str | None = None

    @classmethod
    def of(cls, blocks: Sequence[TextBlock | ToolUse]) -> "Reply":
        calls_tools = any(isinstance(block, ToolUse) for block in blocks)
        return cls(tuple(blocks), "tool_use" if calls_tools else "end_turn")

    def within(self, max_tokens: int | None, stop_sequences: Sequence[str]) -> "Reply":
        """Returns the reply cut at the caller's stop sequences and token limit."""
        kept: list[TextBlock | ToolUse] = []
        budget = max_tokens
        for block in self.blocks:
            cut, stopped = _before_stop(block, stop_sequences)
            pieces = _pieces(cut)
            if budget is not None and len(pieces) > budget:
                shortened = "".join(pieces[:budget])
                return Reply((*kept, *_text(cut, shortened)), "max_tokens")
            kept.extend(_text(cut, cut.text) if isinstance(cut, TextBlock) else (cut,))
            if stopped:
                return Reply(tuple(kept), "stop_sequence", stopped)
            budget = None if budget is None else budget - len(pieces)
        return Reply(tuple(kept), self.stop_reason)

    def events(self) -> Iterator[StreamEvent]:
        """Yields messageStart to messageStop; the sender adds the metadata, which has the elapsed time."""
        yield StreamEvent("messageStart", {"role": "assistant"})
        for index, block in enumerate(self.blocks):
            if isinstance(block, ToolUse):
                start = {"toolUse": {"toolUseId": block.id, "name": block.name}}
                yield StreamEvent("contentBlockStart", {"contentBlockIndex": index, "start": start})
            for tokens, delta in _deltas(block):
                yield StreamEvent("contentBlockDelta", {"contentBlockIndex": index, "delta": delta}, tokens)
            yield StreamEvent("contentBlockStop", {"contentBlockIndex": index})
        yield StreamEvent("messageStop", {"stopReason": self.stop_reason}, stop_sequence=self.stop_sequence)


def metadata(input_tokens: int, output_tokens: int, latency_ms: int) -> StreamEvent:
    total = input_tokens + output_tokens
    usage = {"inputTokens": input_tokens, "outputTokens": output_tokens, "totalTokens": total}
    return StreamEvent("metadata", {"usage": usage, "metrics": {"latencyMs": latency_ms}})


async def collect(events: Events) -> dict[str, Any]:
    """Returns Converse's response: the message that a stream's events describe."""
    return message_of([event async for batch in events for event in batch])


def message_of(events: Sequence[StreamEvent]) -> dict[str, Any]:
    """Does the same for the events of an answer that has ended."""
    blocks: dict[int, dict[str, Any]] = {}
    response: dict[str, Any] = {}
    for event in events:
        if event.kind == "contentBlockStart":
            blocks[event.body["contentBlockIndex"]] = {"toolUse": {**event.body["start"]["toolUse"], "input": ""}}
        elif event.kind == "contentBlockDelta":
            _extend(blocks.setdefault(event.body["contentBlockIndex"], {}), event.body["delta"])
        elif event.kind in {"messageStop", "metadata"}:
            response |= event.body
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = arguments(block["toolUse"]["input"] or "{}")
    return {"output": {"message": {"role": "assistant", "content": list(blocks.values())}}, **response}


def arguments(text: str) -> Any:  # noqa: ANN401  what JSON has
    """Returns a tool's input. Raises BedrockError where the model has written no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BedrockError(
            "ModelErrorException", "The model called a tool with arguments that are not JSON."
        ) from error


def _extend(block: dict[str, Any], delta: Mapping[str, Any]) -> None:
    if "text" in delta:
        block["text"] = block.get("text", "") + delta["text"]
    elif "toolUse" in delta:
        block["toolUse"]["input"] += delta["toolUse"]["input"]
    else:
        reasoning = block.setdefault("reasoningContent", {"reasoningText": {"text": ""}})
        reasoning["reasoningText"]["text"] += delta["reasoningContent"]["text"]


def _before_stop(block: TextBlock | ToolUse, sequences: Sequence[str]) -> tuple[TextBlock | ToolUse, str | None]:
    """Returns the block cut at the first stop sequence in it, and that sequence."""
    if isinstance(block, ToolUse):
        return block, None
    places = [(block.text.find(sequence), sequence) for sequence in sequences if sequence in block.text]
    if not places:
        return block, None
    place, sequence = min(places)
    return TextBlock(block.text[:place]), sequence


def _text(block: TextBlock | ToolUse, text: str) -> tuple[TextBlock, ...]:
    return (TextBlock(text),) if isinstance(block, TextBlock) and text else ()


def _pieces(block: TextBlock | ToolUse) -> list[str]:
    if isinstance(block, TextBlock):
        return split_tokens(block.text)
    return split_tokens(json.dumps(block.input, ensure_ascii=False))


def _deltas(block: TextBlock | ToolUse) -> Iterator[tuple[int, dict[str, Any]]]:
    pieces = _pieces(block)
    if isinstance(block, TextBlock):
        yield from ((1, {"text": piece}) for piece in pieces)
        return
    for start in range(0, len(pieces), _TOKENS_PER_INPUT_DELTA):
        part = pieces[start : start + _TOKENS_PER_INPUT_DELTA]
        yield len(part), {"toolUse": {"input": "".join(part)}}
