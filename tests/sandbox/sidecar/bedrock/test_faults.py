"""Fault injection, with boto3 and the control routes."""

from collections.abc import Callable, Iterable
from contextlib import closing
from time import perf_counter
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError, EventStreamError, HTTPClientError
from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
from urllib3.exceptions import ProtocolError

MODEL_ID = "us.anthropic.claude-sonnet-4-6"

Connect = Callable[[str], BedrockRuntimeClient]


def _ask(client: BedrockRuntimeClient, question: str = "Hello") -> str:
    messages: list[Any] = [{"role": "user", "content": [{"text": question}]}]
    return str(client.converse(modelId=MODEL_ID, messages=messages)["output"]["message"])


def _stream(client: BedrockRuntimeClient) -> Any:  # noqa: ANN401  (boto3's stream of unions)
    messages: list[Any] = [{"role": "user", "content": [{"text": "Hello"}]}]
    return client.converse_stream(modelId=MODEL_ID, messages=messages)["stream"]


def _order(url: str, **fault: Any) -> httpx.Response:  # noqa: ANN401  (as a fault has them)
    return httpx.post(f"{url}/_longrun/faults", json=fault)


@pytest.mark.parametrize(
    ("name", "code", "status"),
    [
        ("throttle", "ThrottlingException", 429),
        ("access-denied", "AccessDeniedException", 403),
        ("validation", "ValidationException", 400),
        ("timeout", "ModelTimeoutException", 408),
        ("unavailable", "ServiceUnavailableException", 503),
    ],
)
def test_a_refusal_hits_as_many_requests_as_ordered(
    name: str, code: str, status: int, sidecar: Callable[..., str], bedrock: Connect
) -> None:
    url = sidecar()
    client = bedrock(url)
    _order(url, name=name, count=2).raise_for_status()

    for ask in (_ask, _stream):
        with pytest.raises(ClientError) as rejected:
            ask(client)
        assert rejected.value.response["Error"]["Code"] == code
        assert rejected.value.response["ResponseMetadata"]["HTTPStatusCode"] == status

    assert "scripted model" in _ask(client)


def test_a_cut_stream_breaks_off_after_its_tokens(sidecar: Callable[..., str], bedrock: Connect) -> None:
    url = sidecar(faults=({"name": "stream-cut", "after_tokens": 3},))
    received: list[Any] = []

    with closing(_stream(bedrock(url))) as stream, pytest.raises(ProtocolError):
        _receive(stream, received)

    assert [event["contentBlockDelta"]["delta"]["text"] for event in received[1:]] == ["I", " am", " the"]


def _receive(stream: Iterable[Any], received: list[Any]) -> None:
    for event in stream:
        received.append(event)  # noqa: PERF402  (what came before the break must stay)


def test_converse_is_cut_too(sidecar: Callable[..., str], bedrock: Connect) -> None:
    client = bedrock(sidecar(faults=({"name": "stream-cut"},)))

    with pytest.raises((HTTPClientError, ProtocolError)):
        _ask(client)


def test_a_stream_error_comes_in_the_middle_of_the_stream(sidecar: Callable[..., str], bedrock: Connect) -> None:
    received: list[Any] = []
    url = sidecar(faults=({"name": "stream-error", "after_tokens": 1},))

    with closing(_stream(bedrock(url))) as stream, pytest.raises(EventStreamError, match="modelStreamErrorException"):
        _receive(stream, received)

    assert [next(iter(event)) for event in received] == ["messageStart", "contentBlockDelta"]


def test_slow_and_late_first_tokens_take_the_time_they_are_given(sidecar: Callable[..., str], bedrock: Connect) -> None:
    faults = ({"name": "slow", "factor": 20}, {"name": "first-token-delay", "delay_ms": 150})
    url = sidecar(first_token_ms=5, faults=faults)
    begin = perf_counter()

    latency = _metadata(_stream(bedrock(url)))["metrics"]["latencyMs"]

    assert latency >= 250
    assert perf_counter() - begin >= 0.25


def _metadata(stream: Any) -> Any:  # noqa: ANN401  (boto3's stream of unions)
    return list(stream)[-1]["metadata"]


def test_a_fault_with_a_match_hits_only_questions_that_contain_it(
    sidecar: Callable[..., str], bedrock: Connect
) -> None:
    client = bedrock(sidecar(faults=({"name": "throttle", "match": "EFFECT", "count": None},)))

    assert "scripted model" in _ask(client)
    for _ in range(3):
        with pytest.raises(ClientError, match="Too many requests"):
            _ask(client, "What was the effect?")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"name": "explode"}, "Unknown fault 'explode': give \"name\" as one of throttle, access-denied"),
        ({}, "Unknown fault None"),
        ({"name": "throttle", "count": 0}, '"count" as a whole number of 1 or more'),
        ({"name": "throttle", "speed": 1}, "no setting 'speed': it may have name, count, match"),
        ({"name": "slow", "factor": "much"}, '"factor" as a number of 0 or more'),
        ({"name": "slow", "match": 5}, '"match" as a string'),
    ],
)
def test_a_fault_that_cannot_be_is_rejected_with_a_sentence(
    fault: dict[str, Any], message: str, sidecar: Callable[..., str]
) -> None:
    url = sidecar()

    response = _order(url, **fault)

    assert response.status_code == 400
    assert response.json()["code"] == "INVALID_REQUEST"
    assert message in response.json()["error"]
    assert httpx.get(f"{url}/_longrun/faults").json()["faults"] == []


def test_cleared_faults_do_no_harm(sidecar: Callable[..., str], bedrock: Connect) -> None:
    url = sidecar(faults=({"name": "throttle", "count": None},))

    httpx.delete(f"{url}/_longrun/faults").raise_for_status()

    assert "scripted model" in _ask(bedrock(url))
