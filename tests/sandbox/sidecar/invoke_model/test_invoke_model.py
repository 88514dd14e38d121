"""InvokeModel in the body forms of Claude and of Nova, as boto3 sees it."""

import base64
import json
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError
from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

Connect = Callable[[str], BedrockRuntimeClient]

CLAUDE = "us.anthropic.claude-sonnet-4-20250514-v1:0"
NOVA = "amazon.nova-lite-v1:0"
OWN_PROFILE = "arn:aws:bedrock:us-east-1:000000000000:application-inference-profile/abcdefgh1234"
CALL = 'Call the tool weather with {"city": "Oslo"}'
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
CLAUDE_TOOL = {"name": "weather", "description": "Tells the weather", "input_schema": SCHEMA}
NOVA_TOOL = {"toolSpec": {"name": "weather", "description": "Tells the weather", "inputSchema": {"json": SCHEMA}}}


def claude(question: Any = "Hello", **changes: Any) -> dict[str, Any]:  # noqa: ANN401  content of a message
    messages = [{"role": "user", "content": question}]
    return {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 300, "messages": messages, **changes}


def nova(question: str = "Hello", **changes: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    messages = [{"role": "user", "content": [{"text": question}]}]
    return {"schemaVersion": "messages-v1", "messages": messages, "inferenceConfig": {"maxTokens": 300}, **changes}


def answer(client: BedrockRuntimeClient, model: str, body: dict[str, Any]) -> Any:  # noqa: ANN401  JSON
    response = client.invoke_model(modelId=model, body=json.dumps(body))
    assert response["contentType"] == "application/json"
    return json.loads(response["body"].read())


def chunks(client: BedrockRuntimeClient, model: str, body: dict[str, Any]) -> list[Any]:
    # A stream that breaks off keeps its connection, which botocore returns at the end only.
    with closing(client.invoke_model_with_response_stream(modelId=model, body=json.dumps(body))["body"]) as stream:
        return [json.loads(event["chunk"]["bytes"]) for event in stream]


def rejection(client: BedrockRuntimeClient, model: str, body: dict[str, Any]) -> str:
    with pytest.raises(ClientError) as rejected:
        answer(client, model, body)
    error = rejected.value.response["Error"]
    assert error["Code"] == "ValidationException"
    return str(error["Message"])


def test_claude_calls_a_tool_and_answers_with_its_result(sidecar: Callable[..., str], bedrock: Connect) -> None:
    client = bedrock(sidecar())
    body = claude(
        [{"type": "text", "text": CALL}], system="Be brief.", tools=[CLAUDE_TOOL], tool_choice={"type": "auto"}
    )

    called = answer(client, CLAUDE, body)
    use = called["content"][-1]
    result = {"type": "tool_result", "tool_use_id": use["id"], "content": [{"type": "text", "text": "sunny, 21"}]}
    messages = [*body["messages"], {"role": "assistant", "content": called["content"]}]
    answered = answer(client, CLAUDE, {**body, "messages": [*messages, {"role": "user", "content": [result]}]})

    assert (called["type"], called["role"], called["model"]) == ("message", "assistant", "claude-sonnet-4-20250514")
    assert (use["type"], use["name"], use["input"], called["stop_reason"]) == (
        *("tool_use", "weather", {"city": "Oslo"}),
        "tool_use",
    )
    assert (answered["stop_reason"], answered["stop_sequence"]) == ("end_turn", None)
    assert "sunny, 21" in answered["content"][0]["text"]
    assert answered["usage"]["input_tokens"] > called["usage"]["input_tokens"] > 0


def test_claudes_stream_spells_out_the_whole_message(sidecar: Callable[..., str], bedrock: Connect) -> None:
    client = bedrock(sidecar())
    body = claude(CALL, tools=[CLAUDE_TOOL])

    events = chunks(client, CLAUDE, body)
    whole = answer(client, CLAUDE, body)

    kinds = [event["type"] for event in events]
    compact = [kind for kind, before in zip(kinds, [None, *kinds], strict=False) if kind != before]
    block = ["content_block_start", "content_block_delta", "content_block_stop"]
    assert compact == ["message_start", *block, *block, "message_delta", "message_stop"]
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    assert "".join(delta.get("text", "") for delta in deltas) == whole["content"][0]["text"]
    assert json.loads("".join(delta.get("partial_json", "") for delta in deltas)) == whole["content"][1]["input"]
    assert events[-2]["delta"] == {"stop_reason": "tool_use", "stop_sequence": None}
    metrics = events[-1]["amazon-bedrock-invocationMetrics"]
    assert (metrics["inputTokenCount"], metrics["outputTokenCount"]) == (
        whole["usage"]["input_tokens"],
        whole["usage"]["output_tokens"],
    )


def test_claude_stops_at_the_sequence_that_it_names(sidecar: Callable[..., str], bedrock: Connect) -> None:
    body = claude(stop_sequences=["never said", "scripted"])

    stopped = answer(bedrock(sidecar()), CLAUDE, body)

    assert (stopped["stop_reason"], stopped["stop_sequence"]) == ("stop_sequence", "scripted")


def test_messages_of_claude_in_a_row_are_one_turn(sidecar: Callable[..., str], bedrock: Connect) -> None:
    body = claude()
    body["messages"] *= 2

    assert answer(bedrock(sidecar()), CLAUDE, body)["stop_reason"] == "end_turn"


def test_nova_calls_a_tool_and_answers_with_its_result(sidecar: Callable[..., str], bedrock: Connect) -> None:
    client = bedrock(sidecar())
    body = nova(CALL, system=[{"text": "Be brief."}], toolConfig={"tools": [NOVA_TOOL], "toolChoice": {"auto": {}}})

    called = answer(client, NOVA, body)
    message = called["output"]["message"]
    use = message["content"][-1]["toolUse"]
    result = {
        "toolResult": {"toolUseId": use["toolUseId"], "content": [{"json": {"sky": "clear"}}], "status": "success"}
    }
    messages = [*body["messages"], message, {"role": "user", "content": [result]}]
    answered = answer(client, NOVA, {**body, "messages": messages})

    assert (use["name"], use["input"], called["stopReason"]) == ("weather", {"city": "Oslo"}, "tool_use")
    assert answered["stopReason"] == "end_turn"
    assert "clear" in answered["output"]["message"]["content"][0]["text"]
    assert answered["usage"]["totalTokens"] == answered["usage"]["inputTokens"] + answered["usage"]["outputTokens"]


def test_novas_stream_has_its_chunks_in_order(sidecar: Callable[..., str], bedrock: Connect) -> None:
    body = nova(inferenceConfig={"max_new_tokens": 5, "top_k": 20})

    events = chunks(bedrock(sidecar()), f"us.{NOVA}", body)

    kinds = [next(iter(event)) for event in events]
    assert kinds == ["messageStart", *["contentBlockDelta"] * 5, "contentBlockStop", "messageStop", "metadata"]
    assert events[-2] == {"messageStop": {"stopReason": "max_tokens"}}
    assert events[-1]["amazon-bedrock-invocationMetrics"]["outputTokenCount"] == 5


@pytest.mark.parametrize(
    ("body", "key"), [(claude(), "content"), (nova(), "output")], ids=["anthropic_version", "schemaVersion"]
)
def test_behind_a_profile_of_the_account_the_body_tells_the_form(
    sidecar: Callable[..., str], bedrock: Connect, body: dict[str, Any], key: str
) -> None:
    assert key in answer(bedrock(sidecar()), OWN_PROFILE, body)


@pytest.mark.parametrize(
    "model",
    ["anthropic.claude-3-haiku-20240307-v1:0", f"arn:aws:bedrock:us-east-1:000000000000:inference-profile/{CLAUDE}"],
)
def test_a_model_may_be_named_by_id_or_arn(sidecar: Callable[..., str], bedrock: Connect, model: str) -> None:
    assert answer(bedrock(sidecar()), model, claude())["stop_reason"] == "end_turn"


@pytest.mark.parametrize(
    ("model", "body", "message"),
    [
        ("meta.llama3-8b-instruct-v1:0", {"prompt": "a"}, "not that of meta.llama3-8b-instruct-v1:0"),
        ("amazon.titan-embed-text-v2:0", {"inputText": "a"}, "not that of amazon.titan-embed-text-v2:0"),
        ("amazon.nova-canvas-v1:0", {"taskType": "TEXT_IMAGE"}, "not that of amazon.nova-canvas-v1:0"),
        (CLAUDE, {"prompt": "a", "max_tokens_to_sample": 5}, "the form of Text Completions"),
        (CLAUDE, claude(anthropic_version="2023-06-01"), "anthropic_version: Input should be 'bedrock-2023-05-31'"),
        (CLAUDE, {"anthropic_version": "bedrock-2023-05-31", "messages": []}, "max_tokens: Field required"),
        (CLAUDE, claude(unknown=1), "unknown: Extra inputs are not permitted"),
        (CLAUDE, claude([{"type": "document"}]), "serves no block of type 'document'"),
        (CLAUDE, claude(tools=[{"type": "bash_20250124", "name": "bash"}]), "has no tool of type 'bash_20250124'"),
        (NOVA, nova(extra=1), "extraneous key [extra] is not permitted"),
        (NOVA, nova(inferenceConfig={"max_tokens": 5}), "extraneous key [max_tokens] is not permitted"),
        (NOVA, nova(messages=[{"role": "user", "content": [{"type": "text"}]}]), "extraneous key [type]"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_a_form_that_is_not_known_is_an_error(
    sidecar: Callable[..., str], bedrock: Connect, model: str, body: dict[str, Any], message: str
) -> None:
    assert message in rejection(bedrock(sidecar()), model, body)


def test_a_guardrail_is_not_silently_left_out(sidecar: Callable[..., str], bedrock: Connect) -> None:
    client = bedrock(sidecar())
    guardrail: Any = {"guardrailIdentifier": "abc", "guardrailVersion": "1"}

    with pytest.raises(ClientError, match="A guardrail is set, but the sandbox has none"):
        client.invoke_model(modelId=CLAUDE, body=json.dumps(claude()), **guardrail)
    with pytest.raises(ClientError, match="guardrailConfig is set, but the sandbox has no guardrails"):
        client.converse(
            modelId=CLAUDE, messages=[{"role": "user", "content": [{"text": "a"}]}], guardrailConfig=guardrail
        )


@pytest.mark.parametrize(("model", "body"), [(CLAUDE, claude(CALL)), (NOVA, nova(CALL))], ids=["Claude", "Nova"])
def test_tokens_of_a_models_own_form_are_counted(
    sidecar: Callable[..., str], bedrock: Connect, model: str, body: dict[str, Any]
) -> None:
    client = bedrock(sidecar())

    counted = client.count_tokens(modelId=model, input={"invokeModel": {"body": json.dumps(body)}})["inputTokens"]

    usage = answer(client, model, body)["usage"]
    assert counted == usage.get("input_tokens", usage.get("inputTokens")) > 0


def test_faults_reach_invoke_model_too(sidecar: Callable[..., str], bedrock: Connect) -> None:
    with pytest.raises(ClientError, match="ThrottlingException"):
        answer(bedrock(sidecar(faults=[{"name": "throttle"}])), CLAUDE, claude())
    with pytest.raises(EventStreamError, match="stream broke"):
        chunks(bedrock(sidecar(faults=[{"name": "stream-error", "after_tokens": 2}])), CLAUDE, claude())


def test_an_image_is_passed_on_in_its_own_bytes() -> None:
    from sandbox.sidecar.invoke_model.claude_request import converse_body  # noqa: PLC0415  for this test only

    data = base64.b64encode(b"image").decode()
    source = {"type": "base64", "media_type": "image/png", "data": data}

    converted = converse_body(claude([{"type": "image", "source": source}]))

    assert converted["messages"][0]["content"] == [{"image": {"format": "png", "source": {"bytes": data}}}]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"system": 5}, "system"),
        ({"system": [{"type": "text", "text": 5}]}, "system[0].text"),
        ({"temperature": "x"}, "inferenceConfig.temperature"),
        ({"top_p": []}, "inferenceConfig.topP"),
        ({"stop_sequences": [1]}, "inferenceConfig.stopSequences[0]"),
        ({"messages": [{"role": ["user"], "content": "x"}]}, "messages[0].role"),
        ({"tools": [{"name": None}]}, "toolConfig.tools[0].toolSpec.name"),
    ],
)
def test_a_value_of_another_type_in_claudes_body_is_rejected(
    sidecar: Callable[..., str], bedrock: Connect, changes: dict[str, Any], named: str
) -> None:
    assert named in rejection(bedrock(sidecar()), CLAUDE, claude(**changes))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"inferenceConfig": {"maxTokens": "x"}}, "inferenceConfig.maxTokens"),
        ({"toolConfig": {"tools": [5]}}, "toolConfig.tools[0]"),
        ({"system": [5]}, "system[0]"),
        ({"messages": [{"role": "user", "content": [{"toolResult": 5}]}]}, "messages[0].content[0].toolResult"),
    ],
)
def test_a_value_of_another_type_in_novas_body_is_rejected(
    sidecar: Callable[..., str], bedrock: Connect, changes: dict[str, Any], named: str
) -> None:
    assert named in rejection(bedrock(sidecar()), NOVA, nova(**changes))
