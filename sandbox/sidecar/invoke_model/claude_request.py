"""Converts a request of Anthropic's Messages API to a Converse request."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.sidecar.bedrock.errors import BedrockError, invalid

VERSION = "bedrock-2023-05-31"

_REQUIRED = ("anthropic_version", "max_tokens", "messages")
_WITHOUT_EFFECT = ("anthropic_beta", "metadata", "thinking", "top_k")
"""What a request may have although the sandbox's models do not read it: hints, and settings of the real model."""

_KNOWN = frozenset(
    {*_REQUIRED, *_WITHOUT_EFFECT, "stop_sequences", "system", "temperature", "tool_choice", "tools", "top_p"}
)
_BASE64 = "base64"


def converse_body(body: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the same request for Converse. Raises ValidationException."""
    _validate_keys(body)
    limits = {
        "maxTokens": body["max_tokens"],
        "temperature": body.get("temperature"),
        "topP": body.get("top_p"),
        "stopSequences": body.get("stop_sequences"),
    }
    system = body.get("system") or []
    tools = [_tool(index, tool) for index, tool in enumerate(_list(body.get("tools"), "tools"))]
    # An assistant's and a user's messages in a row are one turn.
    messages: list[dict[str, Any]] = []
    for index, raw in enumerate(_list(body["messages"], "messages")):
        message = _message(f"messages.{index}", raw)
        if messages and messages[-1]["role"] == message["role"]:
            messages[-1]["content"] += message["content"]
        else:
            messages.append(message)
    config = {"tools": tools, "toolChoice": _tool_choice(body.get("tool_choice"))} if tools else None
    return {
        "system": [{"text": system}]
        if isinstance(system, str)
        else [_text("system", part) for part in _list(system, "system")],
        "messages": messages,
        "inferenceConfig": {name: value for name, value in limits.items() if value is not None},
        **({"toolConfig": config} if config else {}),
    }


def _validate_keys(body: Mapping[str, Any]) -> None:
    if "prompt" in body:
        raise invalid(
            "The body has a prompt, the form of Text Completions, which the sandbox does not serve: "
            f'send messages with "anthropic_version": "{VERSION}".'
        )
    for key in _REQUIRED:
        if key not in body:
            raise invalid(f"{key}: Field required")
    if body["anthropic_version"] != VERSION:
        raise invalid(f"anthropic_version: Input should be '{VERSION}'")
    for key in sorted(set(body) - _KNOWN):
        raise invalid(f"{key}: Extra inputs are not permitted")
    if isinstance(body["max_tokens"], bool) or not isinstance(body["max_tokens"], int) or body["max_tokens"] < 1:
        raise invalid("max_tokens: Input should be an integer greater than or equal to 1")


def _message(path: str, raw: object) -> dict[str, Any]:
    message = _mapping(raw, path)
    content = message.get("content")
    blocks = [{"text": content}] if isinstance(content, str) else _blocks(path, _list(content, f"{path}.content"))
    return {"role": message.get("role"), "content": list(blocks)}


def _blocks(path: str, content: list[Any]) -> Iterator[dict[str, Any]]:
    for index, raw in enumerate(content):
        where = f"{path}.content.{index}"
        block = _mapping(raw, where)
        match block.get("type"):
            case "text":
                yield _text(where, block)
            case "tool_use":
                use = {"toolUseId": block.get("id"), "name": block.get("name"), "input": block.get("input")}
                yield {"toolUse": use}
            case "tool_result":
                yield {"toolResult": _tool_result(where, block)}
            case "image":
                yield {"image": _image(where, block)}
            case "thinking" | "redacted_thinking":
                yield {"reasoningContent": block}
            case kind:
                raise invalid(f"{where}: the sandbox serves no block of type {kind!r} in the body form of Claude.")


def _tool_result(where: str, block: Mapping[str, Any]) -> dict[str, Any]:
    content = block.get("content") or []
    parts = [{"text": content}] if isinstance(content, str) else list(_blocks(where, _list(content, where)))
    status = "error" if block.get("is_error") else "success"
    return {"toolUseId": block.get("tool_use_id"), "content": parts, "status": status}


def _image(where: str, block: Mapping[str, Any]) -> dict[str, Any]:
    source = _mapping(block.get("source"), f"{where}.source")
    if source.get("type") != _BASE64:
        raise invalid(f"{where}.source.type: Bedrock takes images as base64 only")
    return {"format": str(source.get("media_type", "")).rpartition("/")[2], "source": {"bytes": source.get("data")}}


def _tool(index: int, raw: object) -> dict[str, Any]:
    tool = _mapping(raw, f"tools.{index}")
    if tool.get("type", "custom") != "custom":
        raise invalid(f"tools.{index}: the sandbox has no tool of type {tool['type']!r}, only tools of the caller.")
    spec = {"name": tool.get("name"), "inputSchema": {"json": tool.get("input_schema")}}
    return {"toolSpec": {**spec, "description": tool.get("description") or ""}}


def _tool_choice(choice: object) -> dict[str, Any]:
    if choice is None:
        return {}
    given = _mapping(choice, "tool_choice")
    match given.get("type"):
        case "auto":
            return {"auto": {}}
        case "any":
            return {"any": {}}
        case "tool":
            return {"tool": {"name": given.get("name")}}
        case kind:
            raise invalid(f"tool_choice.type: the sandbox serves auto, any and tool, not {kind!r}.")


def _text(where: str, raw: object) -> dict[str, Any]:
    return {"text": _mapping(raw, where).get("text")}


def _mapping(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(path, "object")
    return value


def _list(value: object, path: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _wrong(path, "list")
    return value


def _wrong(path: str, kind: str) -> BedrockError:
    return invalid(f"{path}: Input should be a valid {kind}")
