import asyncio
from typing import Any, cast

import pytest

from runtime.engine.orchestrator import Orchestrator, OrchestratorError, OrchestratorSlot
from runtime.engine.retries import JournalledRetry
from runtime.environment import AgentsEnvironment, ModelEnvironment
from tests.runtime.stage import Stage

MODEL = ModelEnvironment("bedrock", "us.anthropic.claude-sonnet-4-6", "us-east-1", "", "")


def environment(*agents: str) -> AgentsEnvironment:
    """What a component sets, for these agents."""
    return AgentsEnvironment(agents, "data", "payloads", MODEL, (), {})


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def test_it_is_made_of_the_agents_that_the_environment_names(stage: Stage) -> None:
    orchestrator = Orchestrator.create(environment("data_analyst"), stage.threads)

    assert orchestrator.get_system_status() == {
        "agents": ["data_analyst"],
        "model": {"provider": "BedrockModel", "model_id": "us.anthropic.claude-sonnet-4-6"},
        "mcp_servers": 0,
        "data_bucket": "data",
    }


def test_without_agents_it_does_not_pass_its_check(stage: Stage) -> None:
    with pytest.raises(OrchestratorError, match="configuration key agents"):
        stage.orchestrator(works=False).get_system_status()


def test_an_agent_is_fresh_for_each_run(stage: Stage) -> None:
    orchestrator = stage.orchestrator()
    retry = JournalledRetry(lambda: False, lambda *_: None)
    head = stage.journal.head(stage.accept())

    async def scenario() -> tuple[Any, Any]:
        async with orchestrator.open_agent(head, retry) as first:
            pass
        async with orchestrator.open_agent(head, retry) as second:
            return first.agent, second.agent

    first, second = asyncio.run(scenario())
    assert first is not second
    assert first.messages == second.messages == []


def test_a_run_of_an_agent_that_is_not_there_fails_with_the_known_ones(stage: Stage) -> None:
    run_id = stage.accept()
    stage.journal.change(run_id, agent="weather")

    stage.serve(run_id)

    assert stage.end(run_id).data["code"] == "INVALID_REQUEST"
    assert "known agents: scripted" in stage.end(run_id).data["error"]


class Flaky:
    """An orchestrator that does not pass its check so many times."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.checks = 0

    def get_system_status(self) -> dict[str, Any]:
        self.checks += 1
        if self.failures:
            self.failures -= 1
            raise OrchestratorError("not now")
        return {}


def test_it_is_made_on_first_use_and_kept_while_it_works() -> None:
    made: list[Flaky] = []

    def build() -> Orchestrator:
        made.append(Flaky(0))
        return cast(Orchestrator, made[-1])

    slot = OrchestratorSlot(build)
    assert not made

    assert slot.ready() is slot.ready()
    assert len(made) == 1
    assert made[0].checks >= 2, "checked before each run"


def test_one_that_stops_working_is_replaced() -> None:
    made: list[Flaky] = []

    def build() -> Orchestrator:
        made.append(Flaky(0))
        return cast(Orchestrator, made[-1])

    slot = OrchestratorSlot(build)
    slot.ready()
    made[0].failures = 1

    assert slot.ready() is cast(Any, made[1])
    assert len(made) == 2


def test_a_build_that_fails_is_tried_once_more_then_told() -> None:
    builds: list[int] = []

    def build() -> Orchestrator:
        builds.append(1)
        raise ConnectionError("no endpoint")

    with pytest.raises(OrchestratorError, match="no endpoint"):
        OrchestratorSlot(build).ready()

    assert len(builds) == 2
