"""One agent asks its user over WebSocket and in the background, and each time nothing computes while it waits."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.system.background import assert_journal_is_whole, events, put, sessions, status, wait_for_end, wait_for_event
from tests.system.harness import Deployment, Frame, deployed, events_of, wait_for

pytestmark = pytest.mark.sandbox

QUESTION = "Did the training programme raise earnings? Use the survey men as the comparison group."
CONFIG = {
    "longrun:agents": '["study_analyst"]',
    "longrun:pipelines": '{"study": ["study_analyst"]}',
    "longrun:pollSeconds": "1",
    "longrun:questionTimeoutSeconds": "60",
}
CHOICE = "regression_adjustment"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(tmp_path_factory.mktemp("sandbox"), CONFIG) as running:
        running.model(token_ms=2, first_token_ms=2, faults=[])
        yield running


def lines(deployment: Deployment, group: str, run_id: str, name: str) -> int:
    """Lines of that event about the run in a function's log."""
    pages = deployment.client("logs").get_paginator("filter_log_events")
    found = [event["message"] for page in pages.paginate(logGroupName=group) for event in page["events"]]
    return sum(f'"{name}"' in message and run_id in message for message in found)


def asked(frame: Frame) -> bool:
    return bool(frame["type"] == "event" and frame["event"]["type"] == "QUESTION")


def results(deployment: Deployment, run_id: str) -> list[Any]:
    return [event["data"] for event in events(deployment, run_id) if event["type"] == "TOOL_RESULT"]


def test_a_streaming_run_waits_without_a_worker_and_is_answered_from_another_connection(
    deployment: Deployment,
) -> None:
    group = deployment.state.outputs["worker_log_group"]
    with deployment.ws() as first:
        first.send(action="start", question=QUESTION)
        frames = first.until(asked)
    question = events_of(frames)[-1]
    run_id = question["run_id"]

    wait_for(lambda: lines(deployment, group, run_id, "worker.served") == 1, "the worker's return")
    assert status(deployment, run_id) == "WAITING"
    schedules = deployment.client("scheduler").list_schedules()["Schedules"]
    assert f"{run_id}-{question['data']['question_id']}" in [schedule["Name"] for schedule in schedules]

    with deployment.ws() as second:
        second.send(action="resume", run_id=run_id, after=question["seq"])
        assert second.ask(action="answer", run_id=run_id, answer=CHOICE)["type"] == "ack"
        later = events_of(second.until_end())

    assert [event["seq"] for event in later] == list(range(question["seq"] + 1, later[-1]["seq"] + 1))
    assert later[0]["type"] == "ANSWER"
    assert later[-1]["type"] == "RUN_SUCCEEDED"
    assert CHOICE in [result["content"] for result in results(deployment, run_id)]
    assert_journal_is_whole(deployment, run_id)


def test_a_background_run_waits_without_a_session_and_goes_on_after_its_answer(deployment: Deployment) -> None:
    run_id = put(deployment, question=QUESTION)
    wait_for_event(deployment, run_id, "QUESTION")
    wait_for(lambda: not sessions(deployment, run_id), "the end of the session")
    finalizer = deployment.state.outputs["workflow_closer_log_group"]
    wait_for(lambda: lines(deployment, finalizer, run_id, "finalizer.served") >= 2, "the state that waits")

    assert status(deployment, run_id) == "WAITING"
    with deployment.ws() as ws:
        assert ws.ask(action="answer", run_id=run_id, answer=CHOICE)["type"] == "ack"

    assert wait_for_end(deployment, run_id) == "SUCCEEDED"
    assert CHOICE in [result["content"] for result in results(deployment, run_id)]
    assert_journal_is_whole(deployment, run_id)


def test_an_answer_ahead_of_time_needs_no_wait(deployment: Deployment) -> None:
    run_id = put(deployment, question=QUESTION, answers=[CHOICE])

    assert wait_for_end(deployment, run_id) == "SUCCEEDED"
    assert [event["data"]["by"] for event in events(deployment, run_id) if event["type"] == "ANSWER"] == ["ahead"]
