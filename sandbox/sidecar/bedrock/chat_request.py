"""Converts a Converse request to a chat-completions request, for OpenAI-compatible servers."""

import json
from collections.abc import Iterator
from typing import Any

from sandbox.sidecar.bedrock.conversation import Conversation, Message, OtherBlock, TextBlock, Tool, ToolResult, ToolUse
from sandbox.sidecar.bedrock.errors import invalid

_TOOL_CHOICES = {"auto": "auto", "any": "required"}


def chat_request(conversation: Conversation, model: str) -> dict[str, Any]:
    """Returns the body for POST /v1/chat/completions; raises ValidationException for content that it cannot have."""
    messages: list[dict[str, Any]] = []
    if conversation.system:
        messages.append({"role": "system", "content": conversation.system})
    for message in conversation.messages:
        messages += _messages(message)
    request: dict[str, Any] = {"messages": messages, "stream": True, "stream_options": {"include_usage": True}}
    optional = {
        "model": model,
        "tools": [_tool(tool) for tool in conversation.tools],
        "tool_choice": _tool_choice(conversation) if conversation.tools else None,
        "max_tokens": conversation.max_tokens,
        "temperature": conversation.temperature,
        "top_p": conversation.top_p,
        "stop": list(conversation.stop_sequences),
    }
    return request | {key: value for key, value in optional.items() if value not in (None, "", [])}


def _messages(message: Message) -> Iterator[dict[str, Any]]:
    """Yields the message; tool results become separate messages, which the protocol requires right after the calls."""
    for result in message.of(ToolResult):
        text = f"The tool failed: {result.text}" if result.failed else result.text
        yield {"role": "tool", "tool_call_id": result.id, "content": text}
    parts = [part for block in message.blocks if (part := _part(block)) is not None]
    calls = [_call(use) for use in message.of(ToolUse)]
    if not parts and not calls:
        return
    only_text = all(part["type"] == "text" for part in parts)
    content = "\n".join(part["text"] for part in parts) if only_text else parts
    yield {"role": message.role, "content": content or None} | ({"tool_calls": calls} if calls else {})


def _part(block: object) -> dict[str, Any] | None:
    if isinstance(block, TextBlock):
        return {"type": "text", "text": block.text}
    if not isinstance(block, OtherBlock) or block.kind == "reasoningContent":
        return None
    if block.kind == "image" and "bytes" in block.body.get("source", {}):
        url = f"data:image/{block.body['format']};base64,{block.body['source']['bytes']}"
        return {"type": "image_url", "image_url": {"url": url}}
    raise invalid(
        f"The sandbox cannot relay a {block.kind} block to an OpenAI-compatible server: send text or an image."
    )


def _call(use: ToolUse) -> dict[str, Any]:
    arguments = json.dumps(use.input, ensure_ascii=False)
    return {"id": use.id, "type": "function", "function": {"name": use.name, "arguments": arguments}}


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.schema}
    return {"type": "function", "function": function}


def _tool_choice(conversation: Conversation) -> object:
    if "tool" in conversation.tool_choice:
        return {"type": "function", "function": {"name": conversation.tool_choice["tool"]["name"]}}
    return next((_TOOL_CHOICES[key] for key in conversation.tool_choice if key in _TOOL_CHOICES), None)
