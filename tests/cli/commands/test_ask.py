"""`longrun ask`, `watch`, `runs` and `cancel` as a user calls them, against a scripted deployment."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import (
    ANSWERED,
    CANCELLED,
    FAILED,
    ROOT,
    RUN_ID,
    SESSION_ID,
    TIMED_OUT,
    UNFINISHED,
    Deployment,
    Longrun,
)

WATCH_KEYS = ["run_id", "session_id", "status", "answer", "events", "first_text_ms", "elapsed_ms", "error"]


def test_an_answer_is_shown_with_its_tool_call_and_values(longrun: Longrun, deployment: Deployment) -> None:
    done = longrun("ask", "How much?", "--url", deployment.url, "--run-id", RUN_ID)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = [line.strip() for line in done.stdout.splitlines()]
    for expected in ("> run_sql", "SELECT 42 AS n", "It is 42."):
        assert expected in lines
    assert any(line.startswith(RUN_ID) and "SUCCEEDED" in line and "7" in line for line in lines)
    assert "\x1b" not in done.stdout


def test_ask_json_is_one_document(longrun: Longrun, deployment: Deployment) -> None:
    done = longrun("ask", "How much?", "--url", deployment.url, "--run-id", RUN_ID, "--json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert list(document) == WATCH_KEYS
    assert document | {"first_text_ms": 1, "elapsed_ms": 2} == {
        "run_id": RUN_ID,
        "session_id": SESSION_ID,
        "status": "SUCCEEDED",
        "answer": "It is 42.",
        "events": 7,
        "first_text_ms": 1,
        "elapsed_ms": 2,
        "error": None,
    }
    assert 0 < document["first_text_ms"] <= document["elapsed_ms"]


def test_the_options_of_a_question_reach_the_deployment(longrun: Longrun, deployment: Deployment) -> None:
    options = ("--agent", "other", "--session", "s-1", "--run-id", RUN_ID)
    assert longrun("ask", "How much?", "--url", deployment.url, *options).returncode == 0
    asked = {"question": "How much?", "agent": "other", "session_id": "s-1", "run_id": RUN_ID}
    assert deployment.received[0] == {"action": "start", **asked}


def test_a_question_that_steers_shows_the_run_that_has_it(longrun: Longrun, deployment: Deployment) -> None:
    deployment.script = (ANSWERED[0], ("RUN_SUCCEEDED", {"stop_reason": "steered", "steered_into": "run-1"}))
    words = ("--session", "s-1", "--if-busy", "steer", "--url", deployment.url)

    done = longrun("ask", "Leave out age.", "--run-id", RUN_ID, *words)

    assert done.returncode == 0, done.stderr
    assert deployment.received[0]["if_busy"] == "steer"
    assert f"longrun watch run-1 --url {deployment.url}" in done.stdout


@pytest.mark.parametrize("words", [("--if-busy", "queue"), ("--if-busy", "wait", "--session", "s-1")])
def test_a_policy_needs_a_session_and_a_known_name(
    longrun: Longrun, deployment: Deployment, words: tuple[str, ...]
) -> None:
    done = longrun("ask", "x", *words, "--url", deployment.url)

    assert done.returncode == 2
    assert "--if-busy" in done.stderr
    assert deployment.received == []


@pytest.mark.parametrize(
    ("script", "status", "code"),
    [(FAILED, "FAILED", "MODEL_ERROR"), (CANCELLED, "CANCELLED", "CANCELLED"), (TIMED_OUT, "TIMED_OUT", "TIMED_OUT")],
    ids=["failed", "cancelled", "timed-out"],
)
def test_a_run_that_does_not_succeed_exits_with_1_and_shows_why(
    longrun: Longrun, deployment: Deployment, script: tuple[tuple[str, dict[str, object]], ...], status: str, code: str
) -> None:
    deployment.script = script
    words = ("ask", "How much?", "--url", deployment.url, "--run-id", RUN_ID)
    done = longrun(*words)
    assert done.returncode == 1
    message = str(script[-1][1]["error"])
    assert f"{message} [{code}]" in done.stdout
    document = json.loads(longrun(*words, "--json").stdout)
    assert (document["status"], document["error"]) == (status, {"code": code, "message": message})


@pytest.mark.parametrize(
    ("code", "exit_code"), [("INVALID_REQUEST", 2), ("CONFLICT", 1), ("UNKNOWN_RUN", 1), ("NOT_OWNER", 1)]
)
@pytest.mark.parametrize("words", [("ask", "x", "--run-id", RUN_ID), ("watch", RUN_ID), ("cancel", RUN_ID)])
def test_a_rejection_has_the_deployments_message(
    longrun: Longrun, deployment: Deployment, words: tuple[str, ...], code: str, exit_code: int
) -> None:
    deployment.refusal = (code, "The deployment says no.")
    done = longrun(*words, "--url", deployment.url)
    assert done.returncode == exit_code
    assert done.stderr == f"longrun: The deployment says no [{code}]\n"


def test_watch_shows_what_came_after_the_given_event(longrun: Longrun, deployment: Deployment) -> None:
    done = longrun("watch", RUN_ID, "--after", "4", "--url", deployment.url, "--json")
    assert deployment.received[0] == {"action": "resume", "run_id": RUN_ID, "after": 4}
    document = json.loads(done.stdout)
    assert (document["answer"], document["events"], document["status"]) == ("It is 42.", 3, "SUCCEEDED")


def test_the_times_of_a_watched_run_are_those_of_its_journal(longrun: Longrun, deployment: Deployment) -> None:
    words = ("watch", RUN_ID, "--url", deployment.url, "--json")
    watched = json.loads(longrun(*words).stdout)
    assert (watched["first_text_ms"], watched["elapsed_ms"]) == (4_000, 6_000)
    later = json.loads(longrun(*words, "--after", "1").stdout)
    assert (later["first_text_ms"], later["elapsed_ms"]) == (None, None)


def test_a_user_that_no_deployment_accepts_is_rejected_before_anything_is_sent(
    longrun: Longrun, deployment: Deployment
) -> None:
    done = longrun("runs", "--url", deployment.url, "--user", "a b")
    assert done.returncode == 2
    assert done.stderr.startswith("longrun: --user is 'a b'; use 1 to 256 letters")
    assert deployment.received == []


def test_runs_are_listed(longrun: Longrun, deployment: Deployment) -> None:
    done = longrun("runs", "--url", deployment.url, "--limit", "5")
    assert done.returncode == 0, done.stderr
    assert deployment.received[0] == {"action": "runs", "limit": 5}
    assert RUN_ID in done.stdout
    assert "How much?" in done.stdout
    (run,) = json.loads(longrun("runs", "--url", deployment.url, "--json").stdout)["runs"]
    assert run["run_id"] == RUN_ID


def test_a_question_without_room_is_cut_visibly_and_the_agent_is_named_where_it_has_room(
    longrun: Longrun, deployment: Deployment
) -> None:
    deployment.question = "How much? " * 9
    narrow, wide = (longrun("runs", "--url", deployment.url, COLUMNS=width).stdout for width in ("90", "130"))
    assert narrow.splitlines()[1].rstrip().endswith("How …")
    assert "data_analyst" not in narrow
    assert wide.splitlines()[1].split()[4] == "data_analyst"


def test_a_narrow_terminal_shows_everything_about_a_run_too(longrun: Longrun, deployment: Deployment) -> None:
    done = longrun("runs", "--url", deployment.url, COLUMNS="60")
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()] == [
        [RUN_ID, "SUCCEEDED"],
        ["How", "much?", "11-21", "09:00"],
    ]


def test_cancel_waits_for_the_end(longrun: Longrun, deployment: Deployment) -> None:
    deployment.script = CANCELLED
    done = longrun("cancel", RUN_ID, "--url", deployment.url, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"run_id": RUN_ID, "status": "CANCELLED"}
    assert deployment.received[0]["action"] == "cancel"


def test_a_run_that_had_ended_cannot_be_cancelled_any_more(longrun: Longrun, deployment: Deployment) -> None:
    done = longrun("cancel", RUN_ID, "--url", deployment.url)
    assert (done.returncode, done.stdout) == (0, f"run {RUN_ID} had already ended as SUCCEEDED\n")


def test_nothing_at_the_address_is_unreachable(longrun: Longrun) -> None:
    done = longrun("ask", "x", "--url", "ws://127.0.0.1:9")
    assert done.returncode == 3
    assert done.stderr.endswith("[UNREACHABLE]\n")


def test_ctrl_c_leaves_the_run_and_shows_how_to_come_back(
    deployment: Deployment, environment: dict[str, str], tmp_path: Path
) -> None:
    deployment.script = UNFINISHED
    command = [sys.executable, "-m", "cli", "ask", "x", "--url", deployment.url, "--run-id", RUN_ID]
    with subprocess.Popen(  # noqa: S603  our own command
        command,
        env=environment | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        while "It is" not in (shown := os.read(process.stdout.fileno(), 4096).decode()):
            assert shown, "the command ended before it showed any text"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"longrun watch {RUN_ID} --url {deployment.url} --after 5" in said
    assert f"longrun cancel {RUN_ID}" in said
    assert said.endswith("[INTERRUPTED]\n")
    assert [request["action"] for request in deployment.received] == ["start"]
