"""A background run whose agent dies, is cancelled, or gets an invalid event: the run ends once, with the reason."""

import json
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from os import kill
from pathlib import Path

import pytest

from tests.system.background import (
    LONG,
    QUESTION,
    assert_journal_is_whole,
    events,
    executions,
    has,
    kinds,
    put,
    sessions,
    wait_for_end,
    wait_for_event,
    wait_for_execution,
)
from tests.system.harness import Deployment, alive, deployed, wait_for

pytestmark = pytest.mark.sandbox

HEARTBEAT_LIMIT = 5
POLL = 1
UUID_LENGTH = 36
SLACK = 5.0
"""Seconds for closing and for a machine that is busy with other tests."""


@pytest.fixture(scope="module", params=["poll", "callback"])
def deployment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Runs are completed by polling, and by task token."""
    config = {
        "completion": request.param,
        "heartbeatLimitSeconds": str(HEARTBEAT_LIMIT),
        "pollSeconds": str(POLL),
    }
    with deployed(tmp_path_factory.mktemp("sandbox"), config) as running:
        yield running


@pytest.fixture
def talking(deployment: Deployment) -> str:
    """A run whose first agent talks, and will for a while."""
    deployment.model(token_ms=200, first_token_ms=5, faults=[])
    run_id = put(deployment)
    wait_for_event(deployment, run_id, "TEXT")
    return run_id


def test_a_killed_agent_ends_its_run_as_lost_within_limit_and_poll(deployment: Deployment, talking: str) -> None:
    (session,) = sessions(deployment, talking)
    kill(session["pid"], signal.SIGKILL)
    killed = time.monotonic()

    assert wait_for_end(deployment, talking) == "FAILED"
    assert time.monotonic() - killed < HEARTBEAT_LIMIT + POLL + SLACK
    last = events(deployment, talking)[-1]
    assert last["data"]["code"] == "AGENT_LOST"
    assert last["data"]["last_heartbeat"]
    assert last["data"]["session"] == "ended"
    assert "Traceback" not in json.dumps(last["data"])
    assert_journal_is_whole(deployment, talking)
    execution = wait_for_execution(deployment, talking)
    assert (execution["status"], execution["error"]) == ("FAILED", "AGENT_LOST")
    assert execution["cause"] == last["data"]["error"]
    assert not alive(session["pid"])
    assert not sessions(deployment, talking)


def test_an_invocation_delivered_again_to_a_killed_agent_does_no_second_work(
    deployment: Deployment, talking: str
) -> None:
    (session,) = sessions(deployment, talking)
    kill(session["pid"], signal.SIGKILL)
    wait_for(lambda: not sessions(deployment, talking), "the session's end")
    redeliver(deployment, talking)

    assert wait_for_end(deployment, talking) == "FAILED"
    assert kinds(deployment, talking).count("AGENT_BACKGROUND_TASK_STARTED") == 1
    assert_journal_is_whole(deployment, talking)


def redeliver(deployment: Deployment, run_id: str) -> None:
    """The first step's invocation once more, as a retry of the network would."""
    outputs = deployment.state.outputs
    payload = {"agent": "explorer", "step": 1, "steps": 3, "output": "", "seconds": 600, "heartbeat_seconds": 5}
    payload |= {"runtime_arn": outputs["agent_runtime"], "endpoint": outputs["agent_endpoint"], "token": ""}
    answer = deployment.client("bedrock-agentcore", deployment.state.sidecar_url).invoke_agent_runtime(
        agentRuntimeArn=outputs["agent_runtime"],
        qualifier=outputs["agent_endpoint"],
        runtimeSessionId=run_id,
        payload=json.dumps(payload | {"keep_session": True}).encode(),
    )
    assert json.loads(answer["response"].read())


def test_cancel_keeps_the_partial_text_and_stops_the_session(deployment: Deployment, talking: str) -> None:
    with deployment.ws() as ws:
        ws.ask(action="cancel", run_id=talking)

    assert wait_for_end(deployment, talking) == "CANCELLED"
    assert deployment.text(talking)
    assert_journal_is_whole(deployment, talking)
    execution = wait_for_execution(deployment, talking)
    assert execution["status"] == "SUCCEEDED"
    assert json.loads(execution["output"])["status"] == "CANCELLED"
    wait_for(lambda: not sessions(deployment, talking), "the session's end")


def test_a_stopped_execution_ends_its_run_and_its_session(deployment: Deployment, talking: str) -> None:
    (execution,) = executions(deployment, talking)
    deployment.client("stepfunctions").stop_execution(executionArn=execution, error="Stopped", cause="by hand")

    assert wait_for_end(deployment, talking) == "FAILED"
    assert "workflow was stopped (Stopped: by hand)" in events(deployment, talking)[-1]["data"]["error"]
    assert_journal_is_whole(deployment, talking)
    wait_for(lambda: not sessions(deployment, talking), "the session's end")


def test_an_invoker_that_is_killed_leaves_the_run_to_its_agent(deployment: Deployment) -> None:
    deployment.model(token_ms=2, first_token_ms=2, faults=[])
    run_id = put(deployment, pipeline="data_analyst")
    wait_for_event(deployment, run_id, "AGENT_INVOCATION_STARTED")
    for pid in invokers(deployment):
        kill(pid, signal.SIGKILL)

    # The agent has the invocation, or the invoker died just before its call: the journal decides in both cases.
    assert wait_for_end(deployment, run_id) == wait_for_execution_status(deployment, run_id)
    last = events(deployment, run_id)[-1]
    started = has(deployment, run_id, "AGENT_BACKGROUND_TASK_STARTED")
    assert last["type"] == ("RUN_SUCCEEDED" if started else "RUN_FAILED")
    assert started or "Runtime.ExitError" in last["data"]["error"]
    assert_journal_is_whole(deployment, run_id)


def wait_for_execution_status(deployment: Deployment, run_id: str) -> str:
    return str(wait_for_execution(deployment, run_id)["status"])


def invokers(deployment: Deployment) -> list[int]:
    """The processes that serve the invoker's calls; each is a child of the function's server."""
    mark = f"{deployment.folder}/tmp/background-invoker".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and mark in (entry / "cmdline").read_bytes():
                found[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    return [pid for pid, parent in found.items() if parent in found]


def test_an_event_with_an_invalid_owner_is_nobodys_run(deployment: Deployment) -> None:
    run_id = put(deployment, owner="not an owner")

    assert wait_for_end(deployment, run_id) == "FAILED"
    assert QUESTION not in json.dumps(events(deployment, run_id))
    with deployment.ws() as ws:
        assert ws.ask(action="resume", run_id=run_id, after=0)["code"] == "NOT_OWNER"
        assert run_id not in [run["run_id"] for run in ws.ask(action="runs")["runs"]]
    assert "owner" in wait_for_execution(deployment, run_id)["cause"]


def test_a_model_without_access_fails_the_run_with_its_reason(deployment: Deployment) -> None:
    deployment.model(token_ms=2, first_token_ms=2, faults=[])
    deployment.fault("access-denied")
    run_id = put(deployment)

    assert wait_for_end(deployment, run_id) == "FAILED"
    assert events(deployment, run_id)[-1]["data"]["code"] == "MODEL_ERROR"
    assert has(deployment, run_id, "AGENT_BACKGROUND_TASK_FAILED")
    assert wait_for_execution(deployment, run_id)["error"] == "MODEL_ERROR"


@pytest.mark.parametrize(
    ("detail", "named"),
    [
        ({"pipeline": "astrologers"}, "astrologers"),
        ({"question": "x" * 16_385}, "16385"),
        ({"question": ""}, "question"),
        ({"question": 7}, "question"),
    ],
    ids=["unknown pipeline", "question too long", "no question", "question is no text"],
)
def test_an_event_that_cannot_be_served_is_rejected_in_the_journal(
    deployment: Deployment, detail: dict[str, object], named: str
) -> None:
    run_id = put(deployment, **detail)

    assert wait_for_end(deployment, run_id) == "FAILED"
    last = events(deployment, run_id)[-1]
    assert last["data"]["code"] == "INVALID_REQUEST"
    assert named in last["data"]["error"]
    assert not has(deployment, run_id, "AGENT_INVOCATION_STARTED")
    execution = wait_for_execution(deployment, run_id)
    assert execution["status"] == "FAILED"
    assert named in execution["cause"]


def test_an_event_id_that_is_too_short_for_a_session_is_mapped_the_same_way_each_time(deployment: Deployment) -> None:
    deployment.model(token_ms=2, first_token_ms=2, faults=[])
    event = {"id": "evt-7", "source": "longrun", "detail-type": "RunRequested", "detail": {"question": QUESTION}}
    outputs = [start(deployment, event) for _ in range(2)]

    assert outputs[0]["run_id"] == outputs[1]["run_id"]
    assert len(outputs[0]["run_id"]) == UUID_LENGTH
    assert [output["status"] for output in outputs] == ["SUCCEEDED", "REPEATED"]


def start(deployment: Deployment, event: Mapping[str, object]) -> dict[str, str]:
    """The output of an execution with that event as its input, once it has ended."""
    client = deployment.client("stepfunctions")
    machine = deployment.state.outputs["state_machine"]
    arn = client.start_execution(stateMachineArn=machine, input=json.dumps(event))["executionArn"]
    wait_for(lambda: client.describe_execution(executionArn=arn)["status"] == "SUCCEEDED", "the execution", LONG)
    output: dict[str, str] = json.loads(client.describe_execution(executionArn=arn)["output"])
    return output
