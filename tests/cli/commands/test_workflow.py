"""`longrun ask --workflow` against a scripted deployment and a state machine that accepts executions."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import ANSWERED, QUESTION, RUN_ID, STATE_MACHINE, WAITING, Deployment, Longrun
from tests.client.aws import Aws

EXECUTION = f"{STATE_MACHINE.replace(':stateMachine:', ':execution:')}:{RUN_ID}"
ASKED = ("ask", "--workflow", "Which effect?", "--run-id", RUN_ID)


def test_the_workflow_is_started_and_its_run_followed(longrun: Longrun, sandbox: Path, aws: Aws) -> None:
    done = longrun(*ASKED, "--state", str(sandbox), "--answer", "regression", "--user", "jo")

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == [f"run {RUN_ID}", f"execution {EXECUTION}"]
    assert "It is 42." in done.stdout
    document = json.loads(aws.executions[RUN_ID]["input"])
    assert (document["query"], document["user"]) == ({"text": "Which effect?"}, "jo")
    assert document["answers"] == ["regression"]


def test_a_detached_workflow_returns_the_execution(longrun: Longrun, sandbox: Path, deployment: Deployment) -> None:
    done = longrun(*ASKED, "--detach", "--state", str(sandbox), "--json")

    document = json.loads(done.stdout)
    assert document.pop("trace_id")
    assert document == {"run_id": RUN_ID, "execution": EXECUTION}
    assert deployment.received == []


def test_a_workflow_that_asks_ends_the_command_without_waiting(
    longrun: Longrun, sandbox: Path, deployment: Deployment
) -> None:
    deployment.script = (("RUN_ACCEPTED", dict(ANSWERED[0][1])), WAITING[-1])

    done = longrun(*ASKED, "--no-wait", "--state", str(sandbox), "--json")

    assert done.returncode == 4
    assert [question["text"] for question in json.loads(done.stdout)["questions"]] == [QUESTION["text"]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--background",), "--background and --workflow are two ways to start a run"),
        (("--pipeline", "analysis"), "--pipeline is for background runs"),
    ],
)
def test_options_of_another_way_to_start_are_rejected(
    longrun: Longrun, sandbox: Path, aws: Aws, words: tuple[str, ...], message: str
) -> None:
    done = longrun(*ASKED, *words, "--state", str(sandbox))

    assert done.returncode == 2
    assert message in done.stderr
    assert aws.executions == {}


def test_an_address_alone_has_no_workflow(longrun: Longrun, deployment: Deployment) -> None:
    done = longrun(*ASKED, "--url", deployment.url)

    assert done.returncode == 2
    assert "a workflow is started by its state machine" in done.stderr
