"""The routes under /_longrun, and invalid settings."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

from sandbox.sidecar.settings import SettingsError, SidecarSettings
from sandbox.supervisor.sidecar_app import create_app

MODEL_ID = "us.anthropic.claude-sonnet-4-6"


def test_health_names_the_model(sidecar: Callable[..., str]) -> None:
    assert httpx.get(f"{sidecar()}/_longrun/health").json() == {"status": "ok", "model": "scripted", "active": 0}


def test_the_pace_can_be_changed_while_running(sidecar: Callable[..., str]) -> None:
    url = sidecar(token_ms=20, first_token_ms=50)

    httpx.post(f"{url}/_longrun/model", json={"token_ms": 5}).raise_for_status()

    settings = httpx.get(f"{url}/_longrun/model").json()
    assert settings == {"model": "scripted", "first_token_ms": 50, "token_ms": 5, "faults": []}


def test_faults_given_with_the_pace_replace_those_in_force(sidecar: Callable[..., str]) -> None:
    url = sidecar(faults=({"name": "slow"},))

    settings = httpx.post(f"{url}/_longrun/model", json={"faults": [{"name": "throttle", "count": 2}]}).json()

    assert [(fault["name"], fault["count"]) for fault in settings["faults"]] == [("throttle", 2)]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"pace": 1}', "Unknown setting 'pace': the model has token_ms and first_token_ms"),
        (b'{"token_ms": -1}', "token_ms is -1: give a number of milliseconds from 0 to 60000"),
        (b'{"token_ms": "fast"}', "token_ms is 'fast'"),
        (b'{"token_ms": 1, "faults": [{"name": "boom"}]}', "Unknown fault 'boom'"),
        (b'{"faults": "throttle"}', '"faults" must be a list'),
        (b'{"faults": ["throttle"]}', 'A fault is an object with a "name"'),
        (b"[]", "must be a JSON object"),
        (b"{", "not JSON"),
    ],
)
def test_a_setting_that_cannot_be_is_rejected_and_changes_nothing(
    body: bytes, message: str, sidecar: Callable[..., str]
) -> None:
    url = sidecar()

    response = httpx.post(f"{url}/_longrun/model", content=body)

    assert response.status_code == 400
    assert message in response.json()["error"]
    assert httpx.get(f"{url}/_longrun/model").json()["token_ms"] == 0


def test_requests_are_counted(
    sidecar: Callable[..., str],
    bedrock: Callable[[str], BedrockRuntimeClient],
    counts: Callable[[str], dict[str, int]],
) -> None:
    url = sidecar(faults=({"name": "throttle", "match": "again"},))
    client = bedrock(url)
    messages: list[Any] = [{"role": "user", "content": [{"text": "Hello"}]}]
    answer = client.converse(modelId=MODEL_ID, messages=messages)
    list(client.converse_stream(modelId=MODEL_ID, messages=messages)["stream"])
    with pytest.raises(client.exceptions.ThrottlingException):
        client.converse(modelId=MODEL_ID, messages=[{"role": "user", "content": [{"text": "Once again"}]}])

    assert counts(url) == {
        "converse": 2,
        "converse_stream": 1,
        "count_tokens": 0,
        "invoke_model": 0,
        "invoke_model_stream": 0,
        "refused": 1,
        "active": 0,
        "finished": 2,
        "abandoned": 0,
        "output_tokens": 2 * answer["usage"]["outputTokens"],
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"token_ms": -5}, "token_ms is -5"),
        ({"scenario_folder": "/nonexistent"}, "The scenario folder /nonexistent has no"),
        ({"faults": ({"name": "boom"},)}, "Unknown fault 'boom'"),
        ({"max_sessions": 0}, "max_sessions is 0: give a number greater than 0"),
        ({"session_time_scale": "fast"}, "session_time_scale is 'fast'"),
        ({"model_url": "localhost:8000"}, "The model URL 'localhost:8000' is not an http"),
    ],
)
def test_settings_that_cannot_be_used_are_rejected_before_anything_is_served(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        create_app(SidecarSettings(**settings))
