"""The commands on a real sandbox, through the console script, as a user types them."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.sandbox_access import HEADER, with_secret
from sandbox.state import StateFolder

pytestmark = pytest.mark.sandbox

SCRIPT = str(Path(sys.executable).with_name("longrun"))
QUESTION = "What was the average effect of the training programme on 1978 earnings?"
ANALYSIS = "Did the training programme raise earnings?"
Call = Callable[..., "subprocess.CompletedProcess[str]"]


def call(*words: str, stdin: str | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603  our own command
        [SCRIPT, *words], input=stdin, capture_output=True, text=True, timeout=300, check=False
    )


def answered(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def refusal(done: "subprocess.CompletedProcess[str]") -> tuple[int, str]:
    """Exit code and error code; stderr has one line with the message and nothing else."""
    (line,) = done.stderr.splitlines()
    assert line.startswith("longrun: ")
    assert "Traceback" not in done.stdout
    return done.returncode, line.rpartition("[")[2].rstrip("]")


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a sandbox with the program deployed to it, its model fast."""
    folder = tmp_path_factory.mktemp("sandbox") / "state"
    started = call("up", "--state", str(folder), "--port", "0", "--token-ms", "1", "--json")
    try:
        assert started.returncode == 0, started.stderr
        assert answered(started)["running"]
        yield folder
    finally:
        ended = call("down", "--state", str(folder), "--json")
        assert answered(ended) == {"stopped": True}
        assert call("status", "--state", str(folder)).returncode == 3


@pytest.fixture(scope="module")
def longrun(state: Path) -> Call:
    return lambda *words, stdin=None: call(*words, "--state", str(state), stdin=stdin)


@pytest.fixture(scope="module")
def run(longrun: Call) -> dict[str, Any]:
    """A run that has succeeded."""
    done = longrun("ask", QUESTION, "--json")
    assert done.returncode == 0, done.stderr
    return answered(done)


def test_status_has_the_addresses_and_the_outputs(longrun: Call) -> None:
    found = answered(longrun("status", "--json"))
    assert found["running"] is True
    assert found["region"] == "us-east-1"
    assert found["websocket_url"] == with_secret(found["outputs"]["websocket_url"], found["secret_access_key"])
    assert found["websocket_url"].startswith(found["endpoint"].replace("http://", "ws://"))
    assert str(found["pids"]["supervisor"]) in longrun("status").stdout


def test_the_answer_is_computed_from_the_data(run: dict[str, Any]) -> None:
    assert "1,794" in run["answer"]
    assert (run["status"], run["error"]) == ("SUCCEEDED", None)
    assert 0 < run["first_text_ms"] < run["elapsed_ms"]


def test_people_see_the_sql_its_result_and_the_values(longrun: Call) -> None:
    done = longrun("ask", QUESTION)
    assert done.returncode == 0, done.stderr
    for expected in ("> run_sql", "AVG(re78)", "1794.3424", "1,794", "SUCCEEDED", "first text"):
        assert expected in done.stdout
    assert "\x1b" not in done.stdout


def test_a_run_is_watched_again_from_any_event(longrun: Call, run: dict[str, Any]) -> None:
    whole = answered(longrun("watch", run["run_id"], "--json"))
    assert (whole["answer"], whole["events"], whole["status"]) == (run["answer"], run["events"], "SUCCEEDED")
    rest = answered(longrun("watch", run["run_id"], "--after", str(run["events"] - 1), "--json"))
    assert (rest["events"], rest["answer"]) == (1, "")


def test_runs_of_a_user_are_listed_to_that_user_only(longrun: Call, run: dict[str, Any]) -> None:
    mine = [entry["run_id"] for entry in answered(longrun("runs", "--limit", "50", "--json"))["runs"]]
    assert run["run_id"] in mine
    assert run["run_id"] in longrun("runs", "--limit", "50").stdout
    assert answered(longrun("runs", "--user", "eve", "--json")) == {"runs": []}


def test_asking_twice_under_one_run_id_runs_once(longrun: Call, run: dict[str, Any]) -> None:
    again = answered(longrun("ask", QUESTION, "--run-id", run["run_id"], "--json"))
    assert (again["run_id"], again["answer"], again["events"]) == (run["run_id"], run["answer"], run["events"])


def test_a_conversation_goes_on_in_its_session(longrun: Call, run: dict[str, Any]) -> None:
    more = answered(longrun("ask", "Which tables are there?", "--session", run["session_id"], "--json"))
    assert (more["status"], more["session_id"]) == ("SUCCEEDED", run["session_id"])


def test_a_run_at_work_is_cancelled_and_keeps_its_text(longrun: Call, state: Path) -> None:
    pace(state, 50)
    try:
        words = [SCRIPT, "ask", QUESTION, "--state", str(state)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as asked:  # noqa: S603
            assert asked.stdout is not None
            assert os.read(asked.stdout.fileno(), 4096), "the agent has started to answer"
            run_id = answered(longrun("runs", "--limit", "1", "--json"))["runs"][0]["run_id"]
            cancelled = longrun("cancel", run_id, "--json")
            shown, _ = asked.communicate(timeout=60)
    finally:
        pace(state, 1)
    assert answered(cancelled) == {"run_id": run_id, "status": "CANCELLED"}
    assert asked.returncode == 1
    assert "CANCELLED" in shown
    kept = answered(longrun("watch", run_id, "--json"))
    assert (kept["status"], bool(kept["answer"])) == ("CANCELLED", True)


def pace(state: Path, token_ms: float) -> None:
    """Sets the scripted model's pace through the sidecar's control endpoint."""
    found = answered(call("status", "--state", str(state), "--json"))
    headers = {HEADER: found["secret_access_key"]}
    httpx.post(
        f"{found['sidecar_url']}/_longrun/model", json={"token_ms": token_ms}, headers=headers
    ).raise_for_status()


def test_logs_of_a_run_come_from_its_functions(longrun: Call, run: dict[str, Any]) -> None:
    lines = answered(longrun("logs", run["run_id"], "--json"))["lines"]
    assert {line["function"] for line in lines} >= {"worker"}
    assert all(run["run_id"] in line["message"] for line in lines)
    shown = longrun("logs", run["run_id"], "--function", "worker").stdout
    assert "worker.run" in shown
    assert "sandbox.call" not in shown


def test_followed_logs_go_on_until_ctrl_c(state: Path, longrun: Call, run: dict[str, Any]) -> None:
    words = [SCRIPT, "logs", "--follow", "--function", "worker", "--state", str(state)]
    with subprocess.Popen(  # noqa: S603  our own command
        words,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as followed:
        assert followed.stdout is not None
        assert any(run["run_id"] in line for line in iter(followed.stdout.readline, ""))
        later = answered(longrun("ask", QUESTION, "--json"))["run_id"]
        assert any(later in line for line in iter(followed.stdout.readline, ""))
        followed.send_signal(signal.SIGINT)
        _, said = followed.communicate(timeout=60)
    assert (followed.returncode, said.rpartition("[")[2]) == (130, "INTERRUPTED]\n")


@pytest.fixture(scope="module")
def background(longrun: Call) -> dict[str, Any]:
    """A background run of three agents that has succeeded, and all that the command said."""
    done = longrun("ask", "--background", ANALYSIS, "--json")
    assert done.returncode == 0, done.stderr
    return answered(done)


def test_a_background_question_is_answered_by_three_agents(background: dict[str, Any]) -> None:
    assert (background["status"], background["pipeline"]) == ("SUCCEEDED", "analysis")
    assert "1,794" in background["answer"]
    assert "report.md" in {file["name"] for file in background["files"]}


def test_a_background_run_is_watched_with_its_hand_overs(longrun: Call, background: dict[str, Any]) -> None:
    shown = longrun("watch", background["run_id"]).stdout
    for expected in ("* explorer started (1 of 3)", "hands off to estimator", "hands off to reporter", "report.md"):
        assert expected in shown


def test_a_report_is_downloaded_with_all_files(longrun: Call, background: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "made"
    brought = answered(longrun("report", background["run_id"], "--to", str(folder), "--json"))
    assert [file["name"] for file in brought["files"]] == [file["name"] for file in background["files"]]
    assert "1,794" in (folder / "report.md").read_text()
    assert all(Path(file["path"]).stat().st_size == file["bytes"] for file in brought["files"])
    assert refusal(longrun("report", background["run_id"], "--to", str(folder))) == (1, "FILE_EXISTS")


def test_a_trace_joins_the_event_with_every_agent(longrun: Call, background: dict[str, Any]) -> None:
    traced = answered(longrun("trace", background["run_id"], "--json"))
    spans = {span["span_id"]: span for span in traced["spans"]}
    assert traced["trace_id"] == background["trace_id"]
    assert [span["name"] for span in spans.values() if span["parent_id"] not in spans] == ["event"]
    assert {span["trace_id"] for span in spans.values()} == {traced["trace_id"]}
    names = [span["name"] for span in spans.values()]
    assert [name for name in names if name.startswith("step ")] == ["step explorer", "step estimator", "step reporter"]
    assert names.count("invoker") == 3
    assert {"workflow", "event-door", "chat"} <= set(names)


def test_a_trace_of_a_streamed_run_begins_with_its_start(longrun: Call, run: dict[str, Any]) -> None:
    traced = answered(longrun("trace", run["run_id"], "--json"))
    spans = {span["span_id"]: span for span in traced["spans"]}
    assert [span["name"] for span in spans.values() if span["parent_id"] not in spans] == ["start"]
    assert {span["trace_id"] for span in spans.values()} == {traced["trace_id"]}
    assert {"run data_analyst", "chat"} <= {span["name"] for span in spans.values()}


def test_a_streamed_run_has_no_files(longrun: Call, run: dict[str, Any]) -> None:
    assert refusal(longrun("report", run["run_id"])) == (1, "NO_FILES")


def test_a_detached_run_can_be_cancelled_at_once(longrun: Call) -> None:
    run_id = answered(longrun("ask", "--background", "--detach", ANALYSIS, "--json"))["run_id"]
    assert answered(longrun("cancel", run_id, "--json")) == {"run_id": run_id, "status": "CANCELLED"}


def test_logs_of_a_background_run_come_from_its_workflow_and_its_agents(
    longrun: Call, background: dict[str, Any]
) -> None:
    lines = answered(longrun("logs", background["run_id"], "--json"))["lines"]
    assert {line["function"] for line in lines} >= {"event-door", "invoker", "agent"}


def test_status_shows_the_agents_of_a_pipeline(longrun: Call) -> None:
    assert "analysis: explorer → estimator → reporter" in " ".join(longrun("status").stdout.split())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("ask", "Hello", "--background", "--pipeline", "nobody"), (2, "INVALID_REQUEST")),
        (("ask", "", "--background"), (2, "INVALID_REQUEST")),
        (("ask", "Hello", "--background", "--agent", "data_analyst"), (2, "USAGE")),
        (("report", "nope"), (2, "INVALID_REQUEST")),
        (("trace", "01990000-0000-7000-8000-000000000001"), (1, "UNKNOWN_RUN")),
        (("ask", "Hello", "--agent", "nobody"), (2, "INVALID_REQUEST")),
        (("ask", ""), (2, "INVALID_REQUEST")),
        (("ask", "Hello", "--run-id", "nope"), (2, "INVALID_REQUEST")),
        (("watch", "nope"), (2, "INVALID_REQUEST")),
        (("watch", "01990000-0000-7000-8000-000000000001"), (1, "UNKNOWN_RUN")),
        (("cancel", "01990000-0000-7000-8000-000000000001"), (1, "UNKNOWN_RUN")),
        (("logs", "--function", "nobody"), (2, "USAGE")),
        (("logs", "--since", "yesterday"), (2, "USAGE")),
        (("logs", "--follow", "--json"), (2, "USAGE")),
        (("up",), (1, "ALREADY_RUNNING")),
    ],
)
def test_what_cannot_be_done_has_a_code_and_an_exit_code(
    longrun: Call, words: tuple[str, ...], expected: tuple[int, str]
) -> None:
    if "--json" in words:
        done = longrun(*words)
        assert (done.returncode, answered(done)["error"]["code"]) == expected
    else:
        assert refusal(longrun(*words)) == expected


def test_a_question_over_the_limit_is_rejected_with_the_limit(longrun: Call) -> None:
    done = longrun("ask", "-", stdin="x" * 20_000)
    assert refusal(done) == (2, "INVALID_REQUEST")
    assert "16384" in done.stderr


def test_another_question_under_a_run_id_in_use_is_a_conflict(longrun: Call, run: dict[str, Any]) -> None:
    assert refusal(longrun("ask", "Another one?", "--run-id", run["run_id"])) == (1, "CONFLICT")


@pytest.mark.parametrize("command", ["watch", "cancel", "report", "trace"])
def test_a_foreign_run_is_rejected(longrun: Call, run: dict[str, Any], command: str) -> None:
    assert refusal(longrun(command, run["run_id"], "--user", "eve")) == (1, "NOT_OWNER")


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = call("up", "--empty", "--port", port, "--state", str(tmp_path / "state"))
    assert done.stderr.splitlines()[-1].endswith("[PORT_IN_USE]")
    assert port in done.stderr
    assert done.returncode == 1
    assert call("status", "--state", str(tmp_path / "state")).returncode == 3


@pytest.mark.parametrize("setting", ["agentz=data_analyst", "workerMemory=lots", "no-equals-sign"])
def test_a_wrong_configuration_is_a_usage_error(tmp_path: Path, setting: str) -> None:
    done = call("up", "--port", "0", "--config", setting, "--state", str(tmp_path / "state"))
    assert done.returncode == 2
    assert setting.partition("=")[0] in done.stderr
    assert call("status", "--state", str(tmp_path / "state")).returncode == 3


def test_a_dead_emulator_is_reported_by_every_command(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    started = call("up", "--empty", "--port", "0", "--state", state, "--json")
    assert started.returncode == 0, started.stderr
    os.kill(answered(started)["pids"]["emulator"], 9)
    assert StateFolder(Path(state)).wait_free(30), "the supervisor writes what happened, then lets go of the folder"
    assert refusal(call("ask", "Hello", "--state", state)) == (3, "EMULATOR_DEAD")
    found = call("status", "--state", state, "--json")
    assert (found.returncode, answered(found)["running"]) == (3, False)
    assert call("down", "--state", state).returncode == 0


def test_an_empty_sandbox_shows_how_to_deploy(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    started = call("up", "--empty", "--port", "0", "--state", state)
    try:
        assert started.returncode == 0, started.stderr
        assert refusal(call("ask", "Hello", "--state", state)) == (1, "NO_DEPLOYMENT")
    finally:
        call("down", "--state", state)
