"""Bedrock Runtime as boto3 sees it."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

MODEL_ID = "us.anthropic.claude-sonnet-4-6"
QUESTION = "What was the average effect of the training programme on 1978 earnings?"
TOOLS: Any = {"tools": [{"toolSpec": {"name": "run_sql", "inputSchema": {"json": {"type": "object"}}}}]}

Connect = Callable[[str], BedrockRuntimeClient]


def _asked(question: str = QUESTION) -> list[Any]:
    return [{"role": "user", "content": [{"text": question}]}]


def test_a_stream_has_the_events_of_aws_in_their_order(sidecar: Callable[..., str], bedrock: Connect) -> None:
    stream = bedrock(sidecar()).converse_stream(modelId=MODEL_ID, messages=_asked(), toolConfig=TOOLS)["stream"]

    kinds = [next(iter(event)) for event in stream]

    compact = [kind for kind, before in zip(kinds, [None, *kinds], strict=False) if kind != before]
    text_block = ["contentBlockDelta", "contentBlockStop"]
    assert compact == ["messageStart", *text_block, "contentBlockStart", *text_block, "messageStop", "metadata"]


def test_a_tools_input_comes_in_several_pieces_that_make_valid_json(
    sidecar: Callable[..., str], bedrock: Connect
) -> None:
    client = bedrock(sidecar())
    stream = client.converse_stream(modelId=MODEL_ID, messages=_asked(), toolConfig=TOOLS)["stream"]
    deltas: list[Any] = [event["contentBlockDelta"]["delta"] for event in stream if "contentBlockDelta" in event]
    pieces = [delta["toolUse"]["input"] for delta in deltas if "toolUse" in delta]

    whole = client.converse(modelId=MODEL_ID, messages=_asked(), toolConfig=TOOLS)

    assert len(pieces) > 5
    tool_use = whole["output"]["message"]["content"][1]["toolUse"]
    assert json.loads("".join(pieces)) == tool_use["input"]


def test_converse_gives_the_message_that_the_stream_spells_out(sidecar: Callable[..., str], bedrock: Connect) -> None:
    client = bedrock(sidecar())
    events: list[Any] = list(client.converse_stream(modelId=MODEL_ID, messages=_asked(), toolConfig=TOOLS)["stream"])

    answer = client.converse(modelId=MODEL_ID, messages=_asked(), toolConfig=TOOLS)

    content = answer["output"]["message"]["content"]
    deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    starts = [event["contentBlockStart"]["start"] for event in events if "contentBlockStart" in event]
    assert content[0]["text"] == "".join(delta.get("text", "") for delta in deltas)
    assert content[1]["toolUse"]["toolUseId"] == starts[0]["toolUse"]["toolUseId"]
    assert answer["stopReason"] == "tool_use"
    assert answer["usage"] == events[-1]["metadata"]["usage"]


def test_usage_counts_what_was_sent_and_received(sidecar: Callable[..., str], bedrock: Connect) -> None:
    client = bedrock(sidecar())
    short = client.converse(modelId=MODEL_ID, messages=_asked("Hello"))["usage"]
    longer = client.converse(modelId=MODEL_ID, messages=_asked("Hello, " * 50))["usage"]

    assert short["totalTokens"] == short["inputTokens"] + short["outputTokens"]
    assert longer["inputTokens"] >= short["inputTokens"] + 90
    assert longer["outputTokens"] == short["outputTokens"] > 50


def test_count_tokens_agrees_with_the_usage_of_the_same_request(sidecar: Callable[..., str], bedrock: Connect) -> None:
    client = bedrock(sidecar())
    request: Any = {"messages": _asked(), "toolConfig": TOOLS, "system": [{"text": "Be precise."}]}

    counted = client.count_tokens(modelId=MODEL_ID, input={"converse": request})["inputTokens"]

    assert counted == client.converse(modelId=MODEL_ID, **request)["usage"]["inputTokens"] > 0


def test_max_tokens_cuts_the_answer_and_says_so(sidecar: Callable[..., str], bedrock: Connect) -> None:
    answer = bedrock(sidecar()).converse(modelId=MODEL_ID, messages=_asked("Hello"), inferenceConfig={"maxTokens": 7})

    assert answer["stopReason"] == "max_tokens"
    assert answer["usage"]["outputTokens"] == 7


def test_a_stop_sequence_ends_the_answer_before_it(sidecar: Callable[..., str], bedrock: Connect) -> None:
    limits: Any = {"stopSequences": ["scripted"]}

    answer = bedrock(sidecar()).converse(modelId=MODEL_ID, messages=_asked("Hello"), inferenceConfig=limits)

    assert answer["stopReason"] == "stop_sequence"
    assert answer["output"]["message"]["content"][0]["text"] == "I am the sandbox's "


def test_a_model_may_be_named_by_its_arn(sidecar: Callable[..., str], bedrock: Connect) -> None:
    arn = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{MODEL_ID}"

    answer = bedrock(sidecar()).converse(modelId=arn, messages=_asked("Hello"))

    assert answer["stopReason"] == "end_turn"


def test_a_rejected_stream_raises_when_it_is_opened(sidecar: Callable[..., str], bedrock: Connect) -> None:
    with pytest.raises(ClientError, match="model identifier is invalid") as rejected:
        bedrock(sidecar()).converse_stream(modelId="nonsense", messages=_asked())

    assert rejected.value.response["Error"]["Code"] == "ValidationException"
    assert rejected.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_an_unsigned_request_is_rejected(sidecar: Callable[..., str]) -> None:
    response = httpx.post(f"{sidecar()}/model/{MODEL_ID}/converse", json={"messages": _asked()})

    assert response.status_code == 403
    assert response.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"


def test_a_forced_tool_choice_is_rejected_because_no_scenario_can_obey_it(
    sidecar: Callable[..., str], bedrock: Connect
) -> None:
    forced: Any = {**TOOLS, "toolChoice": {"any": {}}}

    with pytest.raises(ClientError, match="cannot be forced by toolChoice"):
        bedrock(sidecar()).converse(modelId=MODEL_ID, messages=_asked(), toolConfig=forced)


def test_a_client_that_leaves_stops_the_generation(
    sidecar: Callable[..., str],
    bedrock: Connect,
    counts: Callable[[str], dict[str, int]],
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    url = sidecar(token_ms=1000)
    stream = bedrock(url).converse_stream(modelId=MODEL_ID, messages=_asked("Hello"))["stream"]
    next(iter(stream))

    stream.close()

    eventually(lambda: counts(url)["active"] == 0)
    assert counts(url)["abandoned"] == 1
    assert counts(url)["output_tokens"] <= 3
