"""`longrun ask --background` and `watch` of such a run, against a scripted deployment and a bus that takes events."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from client import new_run_id
from tests.cli.conftest import (
    BETWEEN_STEPS,
    IN_TURN,
    LOST,
    NOT_BEGUN,
    ROOT,
    RUN_ID,
    Deployment,
    Longrun,
    Script,
)
from tests.client.aws import EVENT_ID, Aws

PLOT = {"name": "plots/x.png", "bytes": 9, "content_type": "image/png", "url": "https://example.com/?secret"}
REPORT = {"name": "report.md", "bytes": 4_096, "content_type": "text/markdown", "url": "https://example.com/?secret"}
ASKED = ("ask", "--background", "How much?", "--run-id", RUN_ID)


@pytest.fixture(autouse=True)
def run_of_three(deployment: Deployment) -> None:
    """The deployment's run has three agents, and made a report."""
    deployment.script, deployment.files = IN_TURN, [PLOT, REPORT]


def test_the_run_id_comes_first_then_each_agent_then_what_was_made(longrun: Longrun, sandbox: Path) -> None:
    done = longrun(*ASKED, "--state", str(sandbox))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:10] == [
        f"run {RUN_ID}",
        "analysis: explorer → estimator → reporter",
        "* explorer started (1 of 3)",
        "I looked.",
        "* explorer finished after 2.0 s, hands off to estimator",
        "* estimator started (2 of 3)",
        "I counted.",
        "* estimator finished after 2.0 s, hands off to reporter",
        "* reporter started (3 of 3)",
        "It rose by 1,794.",
    ]
    assert lines[-3:] == [
        "files: report.md (4.1 kB), 1 in plots/",
        f"download and read: longrun report {RUN_ID} --state {sandbox}",
        f"show the timing: longrun trace {RUN_ID} --state {sandbox}",
    ]
    assert "SUCCEEDED" in done.stdout


def test_json_has_the_last_agents_answer_and_what_was_made(longrun: Longrun, sandbox: Path, aws: Aws) -> None:
    done = longrun(*ASKED, "--state", str(sandbox), "--json")
    document = json.loads(done.stdout)
    assert (document["run_id"], document["status"]) == (RUN_ID, "SUCCEEDED")
    assert (document["answer"], document["events"]) == ("It rose by 1,794.", len(IN_TURN))
    assert document["files"][1] == {"name": "report.md", "bytes": 4_096, "content_type": "text/markdown"}
    assert (document["pipeline"], document["event_id"]) == ("analysis", EVENT_ID)
    assert document["trace_id"] in aws.details[0]["traceparent"]
    assert "secret" not in done.stdout


def test_the_options_reach_the_event(longrun: Longrun, sandbox: Path, aws: Aws) -> None:
    words = (*ASKED, "--pipeline", "data_analyst", "--user", "jo", "--detach", "--state", str(sandbox))
    assert longrun(*words).returncode == 0
    assert aws.entries[0]["EventBusName"] == "bus-1"
    detail = {name: value for name, value in aws.details[0].items() if name != "traceparent"}
    assert detail == {"question": "How much?", "run_id": RUN_ID, "pipeline": "data_analyst", "owner": "jo"}


def test_detached_the_command_returns_with_the_way_back(
    longrun: Longrun, sandbox: Path, deployment: Deployment
) -> None:
    words = ("ask", "--background", "How much?", "--detach", "--state", str(sandbox))
    done = longrun(*words)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    run_id = first.removeprefix("run ")
    assert second == f"it runs in the background; follow it with 'longrun watch {run_id} --state {sandbox}'"
    document = json.loads(longrun(*words, "--json").stdout)
    assert list(document) == ["run_id", "event_id", "trace_id"]
    assert document["run_id"] != run_id
    assert deployment.received == []


def test_a_run_that_is_not_known_at_once_is_waited_for(longrun: Longrun, sandbox: Path, deployment: Deployment) -> None:
    deployment.unknown = 3
    assert longrun(*ASKED, "--state", str(sandbox)).returncode == 0
    assert [request["action"] for request in deployment.received] == ["resume"] * 4 + ["files"]


def test_a_fresh_run_is_waited_for_by_watch_and_an_old_one_is_not(longrun: Longrun, deployment: Deployment) -> None:
    deployment.unknown, deployment.script = 3, IN_TURN
    assert longrun("watch", RUN_ID, "--url", deployment.url).returncode == 1
    assert (deployment.unknown, len(deployment.received)) == (2, 1)
    deployment.run_id = new_run_id()
    assert longrun("watch", deployment.run_id, "--url", deployment.url).returncode == 0


def test_a_fresh_run_is_cancelled_once_it_is_known(longrun: Longrun, deployment: Deployment) -> None:
    deployment.unknown, deployment.run_id = 3, new_run_id()
    done = longrun("cancel", deployment.run_id, "--url", deployment.url, "--json")
    assert json.loads(done.stdout) == {"run_id": deployment.run_id, "status": "SUCCEEDED"}
    assert [request["action"] for request in deployment.received] == ["resume"] * 4 + ["cancel"]


def test_watch_lists_the_files_of_a_background_run(longrun: Longrun, deployment: Deployment) -> None:
    document = json.loads(longrun("watch", RUN_ID, "--url", deployment.url, "--json").stdout)
    assert [file["name"] for file in document["files"]] == ["plots/x.png", "report.md"]
    assert f"longrun report {RUN_ID} --url" in longrun("watch", RUN_ID, "--url", deployment.url).stdout


def test_a_list_of_files_that_cannot_be_had_does_not_undo_the_run(
    longrun: Longrun, sandbox: Path, deployment: Deployment
) -> None:
    deployment.files = [{"name": "nonsense"}]
    done = longrun(*ASKED, "--state", str(sandbox))
    assert done.returncode == 0
    assert "- the run's files cannot be listed: " in done.stdout
    assert "SUCCEEDED" in done.stdout


def test_a_lost_agent_ends_the_command_with_1_and_the_reason(
    longrun: Longrun, sandbox: Path, deployment: Deployment
) -> None:
    deployment.script, deployment.files = LOST, []
    done = longrun(*ASKED, "--state", str(sandbox))
    assert done.returncode == 1
    assert "The agent's process ended. [AGENT_LOST]" in done.stdout


def test_a_run_id_of_another_question_is_a_conflict(longrun: Longrun, sandbox: Path) -> None:
    done = longrun("ask", "--background", "Another one?", "--run-id", RUN_ID, "--state", str(sandbox))
    assert done.returncode == 1
    assert done.stderr == (
        f"longrun: run {RUN_ID} already exists with another question, and this one was ignored; omit --run-id"
        " [CONFLICT]\n"
    )


@pytest.mark.parametrize(("agent", "pipeline"), [("explorer", "analysis"), ("analysis", "analysis")])
def test_asking_for_an_agent_of_a_pipeline_shows_the_other_way_to_ask(
    longrun: Longrun, sandbox: Path, deployment: Deployment, agent: str, pipeline: str
) -> None:
    done = longrun("ask", "How much?", "--agent", agent, "--state", str(sandbox))
    assert done.returncode == 2
    assert f"'{agent}' runs only in the background here; ask with --background --pipeline {pipeline}" in done.stderr
    assert deployment.received == []


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--agent", "haiku", "--background"), "--agent is for streamed questions"),
        (("--session", "s-1", "--background"), "--session is for streamed questions"),
        (("--pipeline", "analysis"), "--pipeline is for background runs; add --background"),
        (("--detach",), "--detach is for background runs; add --background or --workflow"),
        (("--background", "--user", "a b"), "--user is 'a b'"),
        (("--background", "--pipeline", "nobody"), "no pipeline 'nobody'; this deployment has analysis, data_analyst"),
        (("--background", "--run-id", "nope"), '"nope" is not a UUID'),
    ],
)
def test_options_that_do_not_fit_are_one_line_of_error_and_nothing_is_sent(
    longrun: Longrun, sandbox: Path, aws: Aws, deployment: Deployment, words: tuple[str, ...], named: str
) -> None:
    done = longrun("ask", "How much?", *words, "--state", str(sandbox))
    assert done.returncode == 2
    assert named in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (aws.entries, deployment.received) == ([], [])


@pytest.mark.parametrize("question", ["", "x" * 16_385])
def test_a_question_that_no_run_accepts_is_not_sent(longrun: Longrun, sandbox: Path, aws: Aws, question: str) -> None:
    assert longrun("ask", question, "--background", "--state", str(sandbox)).returncode == 2
    assert aws.entries == []


def test_an_address_alone_has_no_bus(longrun: Longrun, deployment: Deployment) -> None:
    done = longrun(*ASKED, "--url", deployment.url)
    assert done.returncode == 2
    assert "--stack NAME" in done.stderr


def test_an_older_deployment_has_no_bus(longrun: Longrun, sandbox: Path) -> None:
    written = sandbox / "state.json"
    written.write_text(json.dumps(json.loads(written.read_text()) | {"outputs": {"authorization": "NONE"}}))
    done = longrun(*ASKED, "--state", str(sandbox))
    assert done.returncode == 3
    assert "no output 'event_bus'" in done.stderr


def test_an_event_that_aws_rejects_ends_the_command_with_its_reason(longrun: Longrun, sandbox: Path, aws: Aws) -> None:
    aws.answers = [(400, {"__type": "AccessDeniedException", "Message": "not authorized: events:PutEvents"})]
    done = longrun(*ASKED, "--state", str(sandbox))
    assert done.returncode == 3
    assert done.stderr.startswith("longrun: AWS rejected events:PutEvents (AccessDeniedException not authorized")


@pytest.mark.parametrize(
    ("script", "last", "seen"), [(NOT_BEGUN, "analysis:", 1), (BETWEEN_STEPS, "hands off to estimator", 6)]
)
def test_ctrl_c_before_an_agent_starts_leaves_the_run_alone(
    deployment: Deployment, sandbox: Path, environment: dict[str, str], script: Script, last: str, seen: int
) -> None:
    deployment.script = script
    with subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "-m", "cli", *ASKED, "--state", str(sandbox)],
        env=environment | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        shown = ""
        while last not in shown:
            more = os.read(process.stdout.fileno(), 4096).decode()
            assert more, "the command ended by itself"
            shown += more
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"longrun watch {RUN_ID} --state {sandbox} --after {seen}" in said
    assert [request["action"] for request in deployment.received] == ["resume"]
