"""What a run does when the model fails, the time runs out or its worker dies: it ends once, with the reason."""

import signal
import subprocess
from collections.abc import Iterator
from os import kill

import pytest

from tests.system.harness import (
    EFFECT_QUESTION,
    LONG_QUESTION,
    Deployment,
    RawSocket,
    deployed,
    events_of,
    text_of,
    wait_for,
)

pytestmark = pytest.mark.sandbox


def test_a_throttled_model_is_asked_again_and_the_retry_is_journalled(deployment: Deployment, ws: RawSocket) -> None:
    deployment.fault("throttle")
    ws.send(action="start", question=EFFECT_QUESTION)
    events = events_of(ws.until_end())
    assert events[-1]["type"] == "RUN_SUCCEEDED"
    assert any(event["data"].get("code") == "THROTTLED" for event in events if event["type"] == "USAGE")


def test_a_model_that_stays_throttled_fails_the_run(deployment: Deployment, ws: RawSocket) -> None:
    deployment.fault("throttle", count=10)
    ws.send(action="start", question=EFFECT_QUESTION)
    last = events_of(ws.until_end())[-1]
    assert last["type"] == "RUN_FAILED"
    assert last["data"]["code"] == "THROTTLED"


@pytest.mark.parametrize("fault", ["stream-cut", "stream-error", "access-denied"])
def test_a_model_that_breaks_fails_the_run_and_the_text_stays(
    deployment: Deployment, ws: RawSocket, fault: str
) -> None:
    deployment.fault(fault)
    ws.send(action="start", question=LONG_QUESTION)
    frames = ws.until_end()
    last = events_of(frames)[-1]
    assert last["type"] == "RUN_FAILED"
    assert last["data"]["code"] == "MODEL_ERROR"
    assert "Traceback" not in last["data"]["error"]
    if fault != "access-denied":
        assert text_of(frames)
    assert deployment.status(frames[0]["run_id"]) == "FAILED"
    if fault != "access-denied":
        assert LONG_QUESTION in first_question(ws, frames[0]["run_id"])


def first_question(ws: RawSocket, session_id: str) -> str:
    """The model's answer to the question for the first question of a session."""
    ws.send(action="start", question="What was my first question?", session_id=session_id)
    return text_of(ws.until_end())


def test_a_worker_that_dies_ends_its_run_as_lost(deployment: Deployment, ws: RawSocket) -> None:
    deployment.model(token_ms=20)
    before = workers(deployment)
    ws.send(action="start", question=LONG_QUESTION)
    run_id = ws.until(lambda frame: frame["type"] == "event" and frame["event"]["type"] == "TEXT")[0]["run_id"]
    for pid in before | workers(deployment):
        kill(pid, signal.SIGKILL)
    assert before
    frames = ws.until_end()
    assert any(frame["type"] == "error" and frame["code"] == "AGENT_LOST" for frame in frames)
    assert events_of(frames)[-1]["data"]["code"] == "AGENT_LOST"
    journal = deployment.journal(run_id)
    assert [seq for seq, _ in journal] == list(range(1, len(journal) + 1))
    assert [kind for _, kind in journal].count("RUN_FAILED") == 1
    assert deployment.status(run_id) == "FAILED"
    assert LONG_QUESTION in first_question(ws, run_id)


def workers(deployment: Deployment) -> set[int]:
    """The process ids of the worker function's processes: children of the emulator, by what they were started with."""
    listed = subprocess.run(["ps", "eww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout  # noqa: S607
    emulator = str(deployment.state.pids["emulator"])
    rows = [line.split(None, 2) for line in listed.splitlines()]
    name = f"AWS_LAMBDA_FUNCTION_NAME={deployment.state.outputs['worker_function']} "
    return {int(pid) for pid, parent, shown in rows if parent == emulator and name in shown}


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The worker stops its agent five seconds after the start: its limit of 900 s less a margin of 895."""
    with deployed(tmp_path_factory.mktemp("sandbox"), {"deadlineMarginSeconds": "895"}) as running:
        yield running


def test_a_run_out_of_time_keeps_its_partial_answer(hurried: Deployment) -> None:
    hurried.model(token_ms=40)
    with hurried.ws() as ws:
        ws.send(action="start", question=LONG_QUESTION)
        frames = ws.until_end()
    errors = [frame for frame in frames if frame["type"] == "error"]
    assert [error["error"] for error in errors] == ["Query timeout - Lambda execution time limit reached"]
    assert errors[0]["code"] == "TIMED_OUT"
    assert events_of(frames)[-1]["type"] == "RUN_TIMED_OUT"
    assert text_of(frames)
    run_id = frames[0]["run_id"]
    wait_for(lambda: hurried.status(run_id) == "TIMED_OUT", "the head to tell the end")
