"""A typed view of a Converse request, which the models read instead of JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sandbox.sidecar.bedrock.errors import invalid
from sandbox.sidecar.bedrock.tokens import count_tokens


@dataclass(frozen=True, slots=True)
class TextBlock:
    text: str


@dataclass(frozen=True, slots=True)
class ToolUse:
    id: str
    name: str
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of a tool; JSON content is stored as text."""

    id: str
    text: str
    failed: bool


@dataclass(frozen=True, slots=True)
class OtherBlock:
    """A block that the scripted model ignores (image, document, reasoning …), unchanged."""

    kind: str
    body: Any


Block = TextBlock | ToolUse | ToolResult | OtherBlock
BlockT = TypeVar("BlockT", TextBlock, ToolUse, ToolResult, OtherBlock)


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    blocks: tuple[Block, ...]

    def of(self, kind: type[BlockT]) -> tuple[BlockT, ...]:
        return tuple(block for block in self.blocks if isinstance(block, kind))

    @property
    def text(self) -> str:
        return "\n".join(block.text for block in self.of(TextBlock))


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One request: the conversation so far, the available tools and the limits of the answer."""

    model_id: str
    messages: tuple[Message, ...]
    system: str = ""
    tools: tuple[Tool, ...] = ()
    tool_choice: Mapping[str, Any] = field(default_factory=dict)
    max_tokens: int | None = None
    stop_sequences: tuple[str, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    input_tokens: int = 0

    @property
    def questions(self) -> list[tuple[int, str]]:
        """The user's questions in order, each with the index of its message; tool results are not questions."""
        asked = [(index, message.text) for index, message in enumerate(self.messages) if message.role == "user"]
        return [(index, text) for index, text in asked if text.strip()]

    @property
    def question(self) -> str:
        return self.questions[-1][1] if self.questions else ""


def parse_conversation(model_id: str, body: Mapping[str, Any]) -> Conversation:
    """Parses a request's body; raises ValidationException where it is not a Converse request."""
    messages = tuple(_message(f"messages.{index}", raw) for index, raw in enumerate(_list(body, "messages")))
    tool_config = _mapping(body.get("toolConfig") or {}, "toolConfig")
    limits = _mapping(body.get("inferenceConfig") or {}, "inferenceConfig")
    return Conversation(
        model_id=model_id,
        messages=messages,
        system="\n".join(block["text"] for block in _list(body, "system") if "text" in block),
        tools=tuple(_tool(raw["toolSpec"]) for raw in _list(tool_config, "tools") if "toolSpec" in raw),
        tool_choice=tool_config.get("toolChoice") or {},
        max_tokens=limits.get("maxTokens"),
        stop_sequences=tuple(limits.get("stopSequences") or ()),
        temperature=limits.get("temperature"),
        top_p=limits.get("topP"),
        input_tokens=count_tokens(json.dumps([body.get(key) for key in ("system", "messages", "toolConfig")])),
    )


def _message(path: str, raw: object) -> Message:
    message = _mapping(raw, path)
    role = message.get("role")
    if role not in {"user", "assistant"}:
        raise invalid(
            f"1 validation error detected: Value '{role}' at '{path}.role' failed to satisfy constraint: "
            "Member must satisfy enum value set: [user, assistant]"
        )
    content = enumerate(_list(message, "content"))
    parsed = (_block(f"{path}.content.{index}", block) for index, block in content)
    return Message(role, tuple(block for block in parsed if block is not None))


def _block(path: str, raw: object) -> Block | None:
    block = _mapping(raw, path)
    if len(block) != 1:
        raise invalid(
            f"The format of the ContentBlock at {path} is invalid: exactly one member must be set, "
            f"and {len(block)} are ({', '.join(sorted(block)) or 'none'})."
        )
    kind, body = next(iter(block.items()))
    if kind == "cachePoint":
        return None
    if kind == "text":
        return TextBlock(_string(body, f"{path}.text"))
    if kind == "guardContent" and "text" in body:
        return TextBlock(_string(body["text"].get("text"), f"{path}.guardContent.text.text"))
    if kind == "toolUse":
        tool_input = _mapping(body.get("input"), f"{path}.toolUse.input")
        return ToolUse(_string(body.get("toolUseId"), path), _string(body.get("name"), path), tool_input)
    if kind == "toolResult":
        content = "\n".join(_result_text(part) for part in _list(body, "content"))
        return ToolResult(_string(body.get("toolUseId"), path), content, body.get("status") == "error")
    return OtherBlock(kind, body)


def _result_text(part: Mapping[str, Any]) -> str:
    if "text" in part:
        return str(part["text"])
    return json.dumps(part.get("json", part), ensure_ascii=False)


def _tool(spec: Mapping[str, Any]) -> Tool:
    name = _string(spec.get("name"), "toolConfig.tools.toolSpec.name")
    schema = _mapping(spec.get("inputSchema"), f"inputSchema of the tool {name}")
    return Tool(
        name, spec.get("description") or "", _mapping(schema.get("json"), f"inputSchema.json of the tool {name}")
    )


def _mapping(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise invalid(
            f"The format of the value at {path} is invalid. Provide a json object for the field and try again."
        )
    return value


def _list(parent: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = parent.get(key)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise invalid(f"The format of the value at {key} is invalid. Provide an array for the field and try again.")
    return value


def _string(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise invalid(f"The format of the value at {path} is invalid. Provide a string for the field and try again.")
    return value
