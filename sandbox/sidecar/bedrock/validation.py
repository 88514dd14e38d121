"""The checks of Bedrock Runtime before a model gets a request, with its messages; stricter where AWS is unclear."""

import re
from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from sandbox.sidecar.bedrock.conversation import Conversation, Message, TextBlock, ToolResult, ToolUse
from sandbox.sidecar.bedrock.errors import invalid

_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_TOOL_USE_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_MODEL_ID = re.compile(
    r"arn:aws(-[a-z]+)*:(bedrock|sagemaker):\S+|([a-z]{2,8}(-[a-z]+)?\.)?[a-z0-9-]+\.[a-zA-Z0-9.:-]+"
)


_NOT_SERVED = MappingProxyType(
    {
        "guardrailConfig": "has no guardrails, so nothing would be checked",
        "outputConfig": "has no structured output (outputConfig), so the answer would ignore the schema",
        "promptVariables": "has no prompt management, so the prompt's text is not known",
    }
)
"""What a Converse request may have, and the sandbox has not, with the reason to give."""


def require_served(body: Mapping[str, Any]) -> None:
    """Raises ValidationException for a setting that the sandbox would ignore."""
    for key, reason in _NOT_SERVED.items():
        if body.get(key):
            raise invalid(f"{key} is set, but the sandbox {reason}. Leave it out here, or run the request on AWS.")


def validate(conversation: Conversation) -> None:
    """Raises ValidationException for the first problem that AWS would reject."""
    _validate_model_id(conversation.model_id)
    _validate_limits(conversation)
    _validate_tools(conversation)
    _validate_roles(conversation.messages)
    for index, message in enumerate(conversation.messages):
        _validate_blocks(f"messages.{index}", message)
    _validate_tool_results(conversation.messages)


def _validate_model_id(model_id: str) -> None:
    if not _MODEL_ID.fullmatch(model_id):
        raise invalid("The provided model identifier is invalid.")


def _validate_limits(conversation: Conversation) -> None:
    if conversation.max_tokens is not None and conversation.max_tokens < 1:
        raise _constraint(conversation.max_tokens, "inferenceConfig.maxTokens", "have value greater than or equal to 1")
    for name, value in (("temperature", conversation.temperature), ("topP", conversation.top_p)):
        if value is not None and not 0 <= value <= 1:
            raise _constraint(value, f"inferenceConfig.{name}", "have a value between 0 and 1")


def _validate_tools(conversation: Conversation) -> None:
    for index, tool in enumerate(conversation.tools, start=1):
        if not _TOOL_NAME.fullmatch(tool.name):
            path = f"toolConfig.tools.{index}.member.toolSpec.name"
            raise _constraint(tool.name, path, "satisfy regular expression pattern: [a-zA-Z0-9_-]+ and length 1 to 64")
        if tool.schema.get("type") != "object":
            path = f"toolConfig.tools.{index - 1}.toolSpec.inputSchema.json.type"
            raise invalid(f'The value at {path} must be one of the following: "object".')
    names = [tool.name for tool in conversation.tools]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise invalid(f"The toolConfig contains duplicate tool names: {', '.join(repeated)}.")
    if not names and any(message.of(ToolUse) or message.of(ToolResult) for message in conversation.messages):
        raise invalid("The toolConfig field must be defined when using toolUse and toolResult content blocks.")


def _validate_roles(messages: tuple[Message, ...]) -> None:
    if not messages or messages[0].role != "user":
        raise invalid(
            "A conversation must start with a user message. "
            "Try again with a conversation that starts with a user message."
        )
    if any(before.role == after.role for before, after in pairwise(messages)):
        raise invalid(
            "A conversation must alternate between user and assistant roles. "
            "Make sure the conversation alternates between user and assistant roles and try again."
        )
    if messages[-1].role != "user":
        raise invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )


def _validate_blocks(path: str, message: Message) -> None:
    if not message.blocks:
        raise invalid(
            f"The content field in the Message object at {path} is empty. "
            "Add a ContentBlock object to the content field and try again."
        )
    for index, block in enumerate(message.blocks):
        where = f"{path}.content.{index}"
        if isinstance(block, TextBlock) and not block.text.strip():
            raise invalid(
                f"The text field in the ContentBlock object at {where} is blank. "
                "Add text to the text field, and try again."
            )
        if isinstance(block, ToolUse) and message.role != "assistant":
            raise invalid(f"The toolUse block at {where} is invalid: only an assistant message may have one.")
        if isinstance(block, ToolResult) and message.role != "user":
            raise invalid(f"The toolResult block at {where} is invalid: only a user message may have one.")
        if isinstance(block, ToolUse) and not _TOOL_NAME.fullmatch(block.name):
            raise _constraint(block.name, f"{where}.toolUse.name", "satisfy regular expression pattern: [a-zA-Z0-9_-]+")
        if isinstance(block, ToolUse | ToolResult) and not _TOOL_USE_ID.fullmatch(block.id):
            raise _constraint(block.id, f"{where}.toolUseId", "satisfy regular expression pattern: [a-zA-Z0-9_.:-]+")


def _validate_tool_results(messages: tuple[Message, ...]) -> None:
    expected: list[str] = []
    for index, message in enumerate(messages):
        answered = [result.id for result in message.of(ToolResult)]
        if len(set(answered)) < len(answered):
            raise invalid(f"The toolResult blocks at messages.{index}.content contain duplicate Ids: {_ids(answered)}")
        missing = [use_id for use_id in expected if use_id not in answered]
        if missing:
            raise invalid(
                f"Expected toolResult blocks at messages.{index}.content for the following Ids: {_ids(missing)}"
            )
        if len(answered) > len(expected):
            raise invalid(
                f"The number of toolResult blocks at messages.{index}.content exceeds the number of toolUse blocks "
                "of previous turn."
            )
        expected = [use.id for use in message.of(ToolUse)]
        if len(set(expected)) < len(expected):
            raise invalid(f"The toolUse blocks at messages.{index}.content contain duplicate Ids: {_ids(expected)}")


def _ids(ids: list[str]) -> str:
    return ", ".join(sorted(set(ids)))


def _constraint(value: object, path: str, demand: str) -> Exception:
    return invalid(
        f"1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: Member must {demand}"
    )
