"""A worker whose model is a real client of a model service that a test has prepared."""

import gc
import warnings
from typing import Any, Protocol, cast

import boto3
import pytest
from strands import tool

from runtime.engine import retries
from runtime.engine.models import create_model
from runtime.environment import ModelEnvironment
from tests.runtime.engine.model.http_server import ModelServer
from tests.runtime.stage import Stage


class Ask(Protocol):
    """Runs the agent on a server, with the API key of a secret; returns the run's id."""

    def __call__(self, server: ModelServer, secret: str = "") -> str: ...


@pytest.fixture
def ran(stage: Stage) -> list[str]:
    """The arguments that the agent's one tool, `look`, was really run with."""
    inputs: list[str] = []

    @tool
    def look(place: str = "everywhere") -> str:
        """Look at a place."""
        inputs.append(place)
        return f"seen {place}"

    stage.tools = [look]
    return inputs


@pytest.fixture
def ask_openai(stage: Stage, ran: list[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Runs the agent on an OpenAI-compatible server; returns the run's id."""
    assert ran == []
    monkeypatch.setattr(retries, "INITIAL_DELAY", 0)

    def ask(server: ModelServer, secret: str = "") -> str:
        environment = ModelEnvironment("openai", "small", "us-east-1", f"{server.url}/v1", secret)
        return _serve(stage, environment)

    return ask


@pytest.fixture
def ask_bedrock(stage: Stage, ran: list[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Runs the agent on a server that answers as Bedrock; returns the run's id."""
    assert ran == []
    monkeypatch.setattr(retries, "INITIAL_DELAY", 0)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

    def ask(server: ModelServer, secret: str = "") -> str:
        assert not secret
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        run_id = _serve(stage, ModelEnvironment("bedrock", "claude", "us-east-1", "", ""))
        with warnings.catch_warnings():
            # Nobody closes the connection of a broken Converse stream before its objects go.
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
        return run_id

    return ask


def _serve(stage: Stage, environment: ModelEnvironment) -> str:
    stage.model = cast(Any, create_model(environment, boto3.Session(region_name="us-east-1")))
    run_id = stage.accept()
    stage.serve(run_id, 60)
    return run_id
