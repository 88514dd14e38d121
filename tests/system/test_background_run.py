"""A background run from the event on the bus to the report in the bucket, seen through public interfaces only."""

import asyncio
import json
from datetime import datetime
from pathlib import Path

import pytest

from client import LongrunClient, Target
from tests.system.background import (
    QUESTION,
    assert_journal_is_whole,
    events,
    executions,
    history,
    kinds,
    put,
    sessions,
    wait_for_end,
    wait_for_event,
    wait_for_execution,
)
from tests.system.harness import Deployment, wait_for

pytestmark = pytest.mark.sandbox

AGENTS = ["explorer", "estimator", "reporter"]
ESTIMATES = ("1,794", "1,676", "677", "8,498", "699")
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def run_id(deployment: Deployment) -> str:
    """One run of the three agents, started by an event and nothing else, that has ended well."""
    deployment.model(token_ms=2, first_token_ms=2, faults=[])
    found = put(deployment)
    assert wait_for_end(deployment, found) == "SUCCEEDED"
    return found


def test_an_event_alone_has_three_agents_work_in_turn(deployment: Deployment, run_id: str) -> None:
    found = events(deployment, run_id)
    begun = [event["data"]["agent"] for event in found if event["type"] == "AGENT_BACKGROUND_TASK_STARTED"]
    done = [event["data"]["agent"] for event in found if event["type"] == "AGENT_BACKGROUND_TASK_COMPLETED"]

    assert begun == done == AGENTS
    assert found[0]["type"] == "RUN_ACCEPTED"
    assert found[-1]["type"] == "RUN_SUCCEEDED"
    assert_journal_is_whole(deployment, run_id)


def test_each_step_is_invoked_then_begun_then_done(deployment: Deployment, run_id: str) -> None:
    marks = [kind for kind in kinds(deployment, run_id) if kind.startswith("AGENT_")]

    step = [
        "AGENT_INVOCATION_STARTED",
        "AGENT_INVOCATION_SUCCEEDED",
        "AGENT_BACKGROUND_TASK_STARTED",
        "AGENT_BACKGROUND_TASK_COMPLETED",
    ]
    assert marks == step * len(AGENTS)


def test_report_holds_the_published_estimates_and_shows_the_plot(
    deployment: Deployment, run_id: str, tmp_path: Path
) -> None:
    async def download() -> None:
        assert deployment.state.connect_url
        async with LongrunClient(Target(deployment.state.connect_url)) as client:
            await client.download(run_id, tmp_path)

    asyncio.run(download())
    report = (tmp_path / "report.md").read_text()
    plots = [path for path in tmp_path.rglob("*.png") if path.read_bytes().startswith(PNG)]

    assert [number for number in ESTIMATES if number not in report] == []
    assert plots
    assert any(path.relative_to(tmp_path).as_posix() in report for path in plots)


def test_invoker_has_returned_before_the_agent_talks(deployment: Deployment, run_id: str) -> None:
    (execution,) = executions(deployment, run_id)
    entered = [
        index
        for index, event in enumerate(history(deployment, execution))
        if event.get("stateEnteredEventDetails", {}).get("name") == "Invoke"
    ]
    reported = history(deployment, execution)
    returned = next(event["timestamp"] for event in reported[entered[0] :] if event["type"] == "TaskSucceeded")
    first_text = next(event["at"] for event in events(deployment, run_id) if event["type"] == "TEXT")

    assert returned < datetime.fromisoformat(first_text)


def test_workflow_ends_with_the_run_and_its_session_is_gone(deployment: Deployment, run_id: str) -> None:
    execution = wait_for_execution(deployment, run_id)

    assert execution["status"] == "SUCCEEDED"
    assert json.loads(execution["output"]) == {"run_id": run_id, "status": "SUCCEEDED"}
    wait_for(lambda: not sessions(deployment, run_id), "the session's end")


def test_the_same_event_twice_starts_one_run(deployment: Deployment, run_id: str) -> None:
    client = deployment.client("stepfunctions")
    (first,) = executions(deployment, run_id)
    before = kinds(deployment, run_id)
    again = client.start_execution(
        stateMachineArn=deployment.state.outputs["state_machine"],
        input=client.describe_execution(executionArn=first)["input"],
    )["executionArn"]
    wait_for(
        lambda: client.describe_execution(executionArn=again)["status"] == "SUCCEEDED", "the repeated event's execution"
    )

    assert json.loads(client.describe_execution(executionArn=again)["output"])["status"] == "REPEATED"
    assert kinds(deployment, run_id) == before


def test_a_follower_sees_all_three_agents_without_gap_or_repeat(deployment: Deployment) -> None:
    deployment.model(token_ms=5, first_token_ms=5, faults=[])
    run_id = put(deployment)
    wait_for_event(deployment, run_id, "RUN_ACCEPTED")
    with deployment.ws() as ws:
        ws.send(action="resume", run_id=run_id, after=0)
        frames = ws.until_end()

    seen = [frame["event"]["seq"] for frame in frames if frame["type"] == "event"]
    assert seen == list(range(1, len(kinds(deployment, run_id)) + 1))


def test_another_pipeline_may_be_asked_for_by_name(deployment: Deployment) -> None:
    deployment.model(token_ms=2, first_token_ms=2, faults=[])
    question = "What was the average effect of the training programme on 1978 earnings?"
    run_id = put(deployment, question=question, pipeline="data_analyst")

    assert wait_for_end(deployment, run_id) == "SUCCEEDED"
    assert "1,794" in deployment.text(run_id)
    assert events(deployment, run_id)[0]["data"]["agents"] == ["data_analyst"]


def test_question_is_that_of_the_event(deployment: Deployment, run_id: str) -> None:
    accepted = events(deployment, run_id)[0]["data"]

    assert accepted["question"] == QUESTION
    assert accepted["agent"] == "analysis"
