"""The handler of the traced function, as Lambda calls it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from runtime import environment
from runtime.engine.orchestrator import Orchestrator
from runtime.environment import MissingVariableError
from runtime.http.traced.environment import TracedEnvironment
from runtime.http.traced.function import handler
from runtime.http.traced.service import TracedRuns
from tests.runtime.http.traced.requests import unsigned, url_event

VARIABLES = {
    environment.TABLE: "journal",
    environment.PAYLOAD_BUCKET: "payloads",
    environment.DATA_BUCKET: "data",
    environment.AGENTS: "data_analyst",
    environment.AUTHORIZATION: "AWS_IAM",
    environment.MODEL_PROVIDER: "bedrock",
    environment.MODEL_ID: "us.anthropic.claude-sonnet-4-6",
    environment.MODEL_REGION: "us-east-1",
    environment.RETENTION_DAYS: "30",
    environment.DEADLINE_MARGIN: "15",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


class Context:
    """Lambda's, with five minutes left."""

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@pytest.fixture
def _variables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    yield
    if isinstance(handler.service, TracedRuns):
        handler.service.close()
    handler.service = None


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("_variables")
def test_the_handler_keeps_its_service_and_answers_in_a_urls_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert handler({"warm": True}, Context()) == {"statusCode": 200}
    made = handler.service

    reply = handler(url_event({"query": ""}), Context())
    refused = handler(unsigned(url_event()), Context())

    assert handler.service is made
    assert (reply["statusCode"], refused["statusCode"]) == (400, 403)
    assert json.loads(reply["body"])["code"] == "INVALID_REQUEST"
    assert reply["isBase64Encoded"] is False
    served = [line for line in lines(capsys) if line["event"] == "traced.served"]
    assert [line["status"] for line in served] == [400, 403]


@pytest.mark.usefixtures("_variables")
def test_a_function_that_cannot_start_answers_without_its_reason_and_logs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(environment.TABLE)

    reply = handler(url_event(), Context())

    assert (reply["statusCode"], json.loads(reply["body"])["code"]) == (500, "INTERNAL")
    assert environment.TABLE not in reply["body"]
    (failed,) = [line for line in lines(capsys) if line["event"] == "traced.failed"]
    assert environment.TABLE in failed["traceback"]


@pytest.mark.usefixtures("_variables")
def test_a_function_whose_agents_are_broken_starts_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> Orchestrator:
        raise RuntimeError("the agent cannot be imported")

    monkeypatch.setattr(Orchestrator, "create", broken)

    assert handler({"warm": True}, Context()) == {"statusCode": 200}
    assert "traced.orchestrator_not_ready" in [line["event"] for line in lines(capsys)]


def test_the_environment_is_that_which_the_component_sets() -> None:
    found = TracedEnvironment.read(VARIABLES)

    assert (found.authorization, found.deadline_margin, found.agents.agents) == ("AWS_IAM", 15.0, ("data_analyst",))
    assert (found.callback_url, found.worker_function) == ("", "")


@pytest.mark.parametrize("missing", [environment.AUTHORIZATION, environment.DEADLINE_MARGIN, environment.TABLE])
def test_a_variable_that_is_missing_is_named(missing: str) -> None:
    with pytest.raises(MissingVariableError, match=missing):
        TracedEnvironment.read({**VARIABLES, missing: ""})
