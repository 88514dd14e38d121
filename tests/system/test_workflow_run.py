"""The ReAct workflow from its start to its end: by the command, by an execution alone, with questions in between."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from sandbox.paths import home
from tests.system.asking_program import CHOICES, CHOOSE, HAND_OFF, SOON, write_program, write_scenarios
from tests.system.background import (
    LONG,
    assert_journal_is_whole,
    events,
    kinds,
    put,
    status,
    wait_for_end,
    wait_for_event,
)
from tests.system.harness import Deployment, Frame, RawSocket, deployed, events_of, text_of, wait_for
from tests.system.workflow import (
    TOKEN_TASK,
    at_work,
    ended,
    following,
    has_a_call,
    resources_after,
    start,
    states,
    tasks,
)

pytestmark = pytest.mark.sandbox

SCRIPT = str(Path(sys.executable).with_name("longrun"))
QUESTION = "Did the training programme raise earnings? Use the survey men as the comparison group."
ESTIMATOR = "regression_adjustment"
FIGURES = ("699", "\N{MINUS SIGN}8,498")
CONFIG = {
    "longrun:agents": '["study_analyst", "asker"]',
    "longrun:pipelines": '{"asking": ["asker"]}',
    "longrun:pollSeconds": "1",
}
HOUR_SECONDS = 0.5
DAY_SECONDS = 24 * HOUR_SECONDS
"""The scaled day. Step Functions has no connection, and Lambda keeps no process, for as long as a real one."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An execution whose question is left open for a while."""

    arn: str
    run_id: str
    since: float


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("asking")
    scenarios = {"scenario_folder": str(write_scenarios(folder))}
    with pytest.MonkeyPatch.context() as patch:
        # its packages have the repository's dependencies, which are built once
        patch.setenv("LONGRUN_HOME", str(home()))
        with deployed(folder / "sandbox", CONFIG, root=write_program(folder), sidecar=scenarios) as running:
            running.model(token_ms=2, first_token_ms=2, faults=[])
            yield running


@pytest.fixture(scope="module", autouse=True)
def expiring(deployment: Deployment) -> Waiting:
    """A run whose question expires soon; the other tests go on meanwhile."""
    arn, run_id = start(deployment, {"query": {"text": SOON}, "agent": "asker"})
    return Waiting(arn, run_id, time.monotonic())


@pytest.fixture(scope="module", autouse=True)
def open_all_day(deployment: Deployment) -> Waiting:
    """A run whose question was seen on a connection that is gone."""
    arn, run_id = start(deployment, {"query": {"text": HAND_OFF}, "agent": "asker"})
    wait_for_event(deployment, run_id, "RUN_ACCEPTED")
    with following(deployment, run_id) as first:
        first.until(is_question)
    return Waiting(arn, run_id, time.monotonic())


def is_question(frame: Frame) -> bool:
    return bool(frame["type"] == "event" and frame["event"]["type"] == "QUESTION")


def asking(deployment: Deployment, text: str, **document: Any) -> tuple[str, str]:  # noqa: ANN401  any JSON
    """An execution whose agent has asked its question."""
    arn, run_id = start(deployment, {"query": {"text": text}, "agent": "asker", **document})
    wait_for_event(deployment, run_id, "QUESTION")
    return arn, run_id


def tool_results(deployment: Deployment, run_id: str) -> dict[str, str]:
    """What the tools of the run have returned, by their names."""
    found = events(deployment, run_id)
    names = {event["data"]["tool_use_id"]: event["data"]["name"] for event in found if event["type"] == "TOOL_CALL"}
    return {
        names[event["data"]["tool_use_id"]]: json.dumps(event["data"]["content"])
        for event in found
        if event["type"] == "TOOL_RESULT"
    }


def test_the_command_answers_with_figures_that_tasks_have_computed(deployment: Deployment) -> None:
    words = ["ask", "--state", str(deployment.folder), "--workflow", "--answer", ESTIMATOR, "--json", QUESTION]
    done = subprocess.run([SCRIPT, *words], capture_output=True, text=True, timeout=300, check=False)  # noqa: S603  our own command

    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    run_id, arn = document["run_id"], document["execution"]
    assert document["status"] == "SUCCEEDED"
    assert [figure for figure in FIGURES if figure not in document["answer"]] == []
    results = tool_results(deployment, run_id)
    assert "699.13" in results[ESTIMATOR]
    assert "-8497.5" in results["difference_in_means"]
    entered = set(states(deployment, arn))
    assert entered >= {
        *("ParseInitialQuery", "InvokeLLM", "CheckResponse", "DispatchTool", "DataQuery", "EDA", "CausalAnalysis"),
        *("SendPrompt", "AppendToolOutput", "HandleFinish"),
    }
    assert not entered & {"HandleError", "HandleTimeout"}
    for state in ("EDA", "CausalAnalysis"):
        assert resources_after(deployment, arn, state) == {TOKEN_TASK}
    wait_for(lambda: len(tasks(deployment, "STOPPED", run_id)) == 3, "the end of three tasks")
    assert [one["containers"][0]["exitCode"] for one in tasks(deployment, "STOPPED", run_id)] == [0, 0, 0]
    assert ended(deployment, arn)["status"] == "SUCCEEDED"
    assert_journal_is_whole(deployment, run_id)


def test_the_seeds_input_alone_starts_the_default_agent_which_asks(deployment: Deployment) -> None:
    ec2 = deployment.client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    mine = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    network = {
        "subnets": [subnet["SubnetId"] for subnet in ec2.describe_subnets(Filters=mine)["Subnets"]][:1],
        "securityGroups": [group["GroupId"] for group in ec2.describe_security_groups(Filters=mine)["SecurityGroups"]][
            :1
        ],
    }
    arn, run_id = start(deployment, {"sessionId": "test", "query": {"text": QUESTION}, "networkConfig": network})
    wait_for_event(deployment, run_id, "QUESTION")

    with following(deployment, run_id) as socket:
        asked = events_of(socket.until(is_question))[-1]["data"]
        assert ESTIMATOR in asked["schema"]["enum"]
        assert socket.ask(action="answer", run_id=run_id, answer=ESTIMATOR)["type"] == "ack"
        assert wait_for_end(deployment, run_id) == "SUCCEEDED"
        frames = socket.until_end()

    assert [figure for figure in FIGURES if figure not in text_of(frames)] == []
    assert deployment.head(run_id)["agent"]["S"] == "study_analyst"
    assert deployment.head(run_id)["session_id"]["S"] == "test"
    assert ended(deployment, arn)["status"] == "SUCCEEDED"


@pytest.mark.parametrize("transport", ["websocket", "background", "workflow"])
def test_one_agent_hands_over_to_its_user_and_nothing_computes_while_it_waits(
    deployment: Deployment, transport: str
) -> None:
    if transport == "websocket":
        with deployment.ws() as socket:
            socket.send(action="start", question=HAND_OFF, agent="asker")
            run_id = events_of(socket.until(is_question))[-1]["run_id"]
    elif transport == "background":
        run_id = put(deployment, question=HAND_OFF)
    else:
        _, run_id = asking(deployment, HAND_OFF)
    wait_for_event(deployment, run_id, "QUESTION")

    # what has asked returns in a moment
    wait_for(lambda: at_work(deployment) == [], "the return of all that computes", LONG)
    assert status(deployment, run_id) == "WAITING"

    with following(deployment, run_id) as socket:
        assert socket.ask(action="answer", run_id=run_id, answer="1978")["type"] == "ack"
        assert text_of(socket.until_end()) == "You mean 1978."
    assert_journal_is_whole(deployment, run_id)


def test_a_worker_is_seen_at_work_until_its_agent_has_asked(deployment: Deployment) -> None:
    worker = deployment.state.outputs["worker_function"]
    deployment.model(first_token_ms=3_000)
    with deployment.ws() as socket:
        run_id = socket.ask(action="start", question=HAND_OFF, agent="asker")["run_id"]
        wait_for(lambda: has_a_call(deployment, worker), "the call of the worker")
        socket.until(is_question)
        deployment.model(first_token_ms=2)
        wait_for(lambda: not has_a_call(deployment, worker), "the return of the worker")
        assert socket.ask(action="cancel", run_id=run_id)["type"] == "ack"


def error_of(frame: Frame) -> tuple[str, str]:
    return str(frame.get("code", frame["type"])), str(frame.get("error", ""))


def test_an_answer_counts_once_where_it_fits_and_comes_from_the_owner(deployment: Deployment) -> None:
    _, run_id = asking(deployment, CHOOSE)
    answer = {"action": "answer", "run_id": run_id}

    with deployment.ws("eve") as other:
        assert error_of(other.ask(**answer, answer=CHOICES[0]))[0] == "NOT_OWNER"
    with deployment.ws() as socket:
        code, message = error_of(socket.ask(**answer, answer="both"))
        assert (code, "does not fit" in message) == ("INVALID_REQUEST", True)
        assert status(deployment, run_id) == "WAITING"
        asked = next(event["data"] for event in events(deployment, run_id) if event["type"] == "QUESTION")
        named = {**answer, "question_id": asked["question_id"]}
        assert socket.ask(**named, answer=CHOICES[1])["type"] == "ack"
        assert error_of(socket.ask(**named, answer=CHOICES[0]))[0] == "CONFLICT"
        assert wait_for_end(deployment, run_id) == "SUCCEEDED"
        assert error_of(socket.ask(**answer, answer=CHOICES[0]))[0] == "CONFLICT"
        assert error_of(socket.ask(**named, answer=CHOICES[0]))[0] == "CONFLICT"

    assert kinds(deployment, run_id).count("ANSWER") == 1
    assert deployment.text(run_id) == f"You chose {CHOICES[1]}."


def test_a_message_behind_a_workflows_run_starts_at_its_end(deployment: Deployment) -> None:
    session = str(uuid4())
    _, run_id = asking(deployment, HAND_OFF, sessionId=session)
    with deployment.ws() as socket:
        socket.send(
            action="start", question=CHOOSE, agent="asker", session_id=session, answers=["raw"], if_busy="queue"
        )
        ack = socket.receive()
        assert (ack["type"], status(deployment, ack["run_id"])) == ("ack", "QUEUED")
        answer_from_elsewhere(deployment, run_id)
        frames = socket.until_end()

    assert text_of(frames) == "You chose raw."
    assert status(deployment, run_id) == "SUCCEEDED"


def answer_from_elsewhere(deployment: Deployment, run_id: str) -> None:
    with deployment.ws() as socket:
        assert socket.ask(action="answer", run_id=run_id, answer="1975")["type"] == "ack"


REFUSED: dict[str, tuple[object, str]] = {
    "no query": ({"sessionId": "test"}, "The query is a JSON null"),
    "a text": ("How?", "The input is a JSON string"),
    "an unknown key": ({"query": {"text": "How?"}, "model": "x"}, 'Unknown key "model" in the input'),
    "an unknown agent": (
        {"query": {"text": "How?"}, "agent": "nobody"},
        'Agent "nobody" is not deployed here; known agents: study_analyst, asker',
    ),
    "a wrong network": (
        {"query": {"text": "How?"}, "networkConfig": {"subnets": ["10.0.0.0/8"]}},
        "The networkConfig.subnets",
    ),
}


def test_an_input_that_cannot_be_served_ends_as_failed_with_what_is_wrong(deployment: Deployment) -> None:
    started = {what: start(deployment, document) for what, (document, _) in REFUSED.items()}

    for what, (arn, run_id) in started.items():
        described = ended(deployment, arn)
        assert (described["status"], described["error"]) == ("FAILED", "INVALID_REQUEST"), what
        assert REFUSED[what][1] in described["cause"]
        last = events(deployment, run_id)[-1]
        assert (last["type"], last["data"]["code"]) == ("RUN_FAILED", "INVALID_REQUEST")
        assert last["data"]["error"] == described["cause"]
        assert "InvokeLLM" not in states(deployment, arn)


def test_another_execution_of_the_same_run_leaves_it_alone(deployment: Deployment, open_all_day: Waiting) -> None:
    before = kinds(deployment, open_all_day.run_id)
    document = {"query": {"text": HAND_OFF}, "agent": "asker", "runId": open_all_day.run_id}

    arn, _ = start(deployment, document)

    assert json.loads(ended(deployment, arn)["output"]) == {"run_id": open_all_day.run_id, "status": "WAITING"}
    assert kinds(deployment, open_all_day.run_id) == before


def test_a_question_that_nobody_answers_ends_the_run_through_the_timeouts_handler(
    deployment: Deployment, expiring: Waiting
) -> None:
    described = ended(deployment, expiring.arn)

    assert (described["status"], described["error"]) == ("FAILED", "TIMED_OUT")
    assert "was not answered by" in described["cause"]
    entered = states(deployment, expiring.arn)
    assert entered[entered.index("SendPrompt") :][:2] == ["SendPrompt", "HandleTimeout"]
    last = events(deployment, expiring.run_id)[-1]
    assert (last["type"], last["data"]["code"]) == ("RUN_TIMED_OUT", "TIMED_OUT")
    assert_journal_is_whole(deployment, expiring.run_id)


def test_a_question_is_answered_after_a_day_on_another_connection(
    deployment: Deployment, open_all_day: Waiting
) -> None:
    wait_for(lambda: time.monotonic() > open_all_day.since + DAY_SECONDS, "the end of the day", 2 * DAY_SECONDS)
    run_id = open_all_day.run_id

    with following(deployment, run_id) as socket:
        asked = events_of(socket.until(is_question))[-1]
        last = answered(socket, run_id, asked["data"]["question_id"])

    assert [event["seq"] for event in last] == list(range(asked["seq"] + 1, last[-1]["seq"] + 1))
    assert (last[0]["type"], last[-1]["type"]) == ("ANSWER", "RUN_SUCCEEDED")
    assert ended(deployment, open_all_day.arn)["status"] == "SUCCEEDED"
    assert deployment.text(run_id) == "You mean 1978."


def answered(socket: RawSocket, run_id: str, question_id: str) -> list[dict[str, Any]]:
    """The events from the answer to the end of the run."""
    assert socket.ask(action="answer", run_id=run_id, question_id=question_id, answer="1978")["type"] == "ack"
    return events_of(socket.until_end())
