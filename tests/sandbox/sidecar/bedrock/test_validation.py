"""Requests that AWS would reject, sent by boto3 without its own checks."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

MODEL_ID = "us.anthropic.claude-sonnet-4-6"

USER = {"role": "user", "content": [{"text": "Hello"}]}
ASSISTANT = {"role": "assistant", "content": [{"text": "Hello"}]}
CALL = {"role": "assistant", "content": [{"toolUse": {"toolUseId": "a", "name": "run_sql", "input": {}}}]}
RESULT = {"toolResult": {"toolUseId": "a", "content": [{"text": "1"}]}}
SPEC = {"name": "run_sql", "inputSchema": {"json": {"type": "object"}}}


def _tools(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  (any violating member)
    return {"toolConfig": {"tools": [{"toolSpec": SPEC | changes}]}}


def _rejected(**request: Any) -> dict[str, Any]:  # noqa: ANN401  (any violating member)
    return {"modelId": MODEL_ID, "messages": [USER]} | request


REFUSED = {
    "no messages": (_rejected(messages=[]), "must start with a user message"),
    "assistant first": (_rejected(messages=[ASSISTANT, USER]), "must start with a user message"),
    "two users in turn": (_rejected(messages=[USER, USER]), "must alternate between user and assistant roles"),
    "prefill": (_rejected(messages=[USER, ASSISTANT]), "must end with a user message"),
    "unknown role": (_rejected(messages=[{"role": "system", "content": [{"text": "x"}]}]), "messages.0.role"),
    "no content": (_rejected(messages=[{"role": "user", "content": []}]), "messages.0 is empty"),
    "blank text": (
        _rejected(messages=[{"role": "user", "content": [{"text": "  "}]}]),
        "messages.0.content.0 is blank",
    ),
    "text that is none": (
        _rejected(messages=[{"role": "user", "content": [{"text": 5}]}]),
        "messages.0.content.0.text",
    ),
    "two members": (
        _rejected(messages=[{"role": "user", "content": [{"text": "x", "image": {}}]}]),
        "messages.0.content.0",
    ),
    "result without call": (
        _rejected(messages=[{"role": "user", "content": [{"text": "x"}, RESULT]}], **_tools()),
        "exceeds the number of toolUse blocks of previous turn",
    ),
    "call without result": (
        _rejected(messages=[USER, CALL, USER], **_tools()),
        "Expected toolResult blocks at messages.2.content for the following Ids: a",
    ),
    "result of another call": (
        _rejected(
            messages=[USER, CALL, {"role": "user", "content": [{"toolResult": {"toolUseId": "b", "content": []}}]}]
        )
        | _tools(),
        "following Ids: a",
    ),
    "result twice": (
        _rejected(messages=[USER, CALL, {"role": "user", "content": [RESULT, RESULT]}], **_tools()),
        "duplicate Ids: a",
    ),
    "results without tools": (
        _rejected(messages=[USER, CALL, {"role": "user", "content": [RESULT]}]),
        "toolConfig field must be defined",
    ),
    "tool name": (_rejected(**_tools(name="run sql")), "toolConfig.tools.1.member.toolSpec.name"),
    "tool schema": (_rejected(**_tools(inputSchema={"json": {"type": "string"}})), "inputSchema.json.type"),
    "tool twice": (
        _rejected(toolConfig={"tools": [{"toolSpec": SPEC}, {"toolSpec": SPEC}]}),
        "duplicate tool names: run_sql",
    ),
    "max tokens": (_rejected(inferenceConfig={"maxTokens": 0}), "inferenceConfig.maxTokens"),
    "temperature": (_rejected(inferenceConfig={"temperature": 1.5}), "inferenceConfig.temperature"),
    "model id": (_rejected(modelId="claude"), "The provided model identifier is invalid"),
}


@pytest.mark.parametrize(("request_", "message"), REFUSED.values(), ids=list(REFUSED))
def test_what_aws_would_reject_is_rejected_by_name(
    request_: dict[str, Any],
    message: str,
    sidecar: Callable[..., str],
    bedrock: Callable[[str], BedrockRuntimeClient],
) -> None:
    with pytest.raises(ClientError) as rejected:
        bedrock(sidecar()).converse(**request_)

    assert rejected.value.response["Error"]["Code"] == "ValidationException"
    assert message in rejected.value.response["Error"]["Message"]


def test_a_conversation_with_an_answered_call_is_accepted(
    sidecar: Callable[..., str], bedrock: Callable[[str], BedrockRuntimeClient]
) -> None:
    messages: list[Any] = [USER, CALL, {"role": "user", "content": [RESULT]}, ASSISTANT, USER]
    tools: Any = _tools()

    answer = bedrock(sidecar()).converse(modelId=MODEL_ID, messages=messages, **tools)

    assert answer["stopReason"] == "end_turn"
