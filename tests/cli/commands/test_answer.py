"""A run asks its user: `longrun answer`, the prompt of `ask` and `watch`, and what happens without a terminal."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, RUN_ID, WAITING, Deployment, Longrun

ID = "q-0123456789"
SECONDS = 30.0


class Terminal:
    """A command on a pseudo-terminal: what it has written so far, and what a person types."""

    def __init__(self, process: "subprocess.Popen[bytes]", leader: int) -> None:
        self._process = process
        self._leader = leader
        self.shown = ""
        self._seen = 0

    def until(self, text: str) -> None:
        """Read until the terminal shows the text after what was waited for before."""
        while (found := self.shown.find(text, self._seen)) < 0:
            ready, _, _ = select.select([self._leader], [], [], SECONDS)
            assert ready, self.shown
            try:
                read = os.read(self._leader, 4096).decode(errors="replace")
            except OSError:  # the command has closed its side
                read = ""
            assert read, self.shown
            self.shown += read
        self._seen = found + len(text)

    def type(self, text: str) -> None:
        os.write(self._leader, text.encode())

    def exit_code(self) -> int:
        """The exit code, after reading the rest."""
        try:
            while read := os.read(self._leader, 4096):
                self.shown += read.decode(errors="replace")
        except OSError:
            pass
        return self._process.wait(SECONDS)


@contextmanager
def on_terminal(words: list[str], environment: dict[str, str], folder: Path) -> Iterator[Terminal]:
    leader, follower = pty.openpty()
    variables = environment | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "1"}
    process = subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "-m", "cli", *words],
        env=variables,
        cwd=folder,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    try:
        yield Terminal(process, leader)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(leader)


@pytest.fixture
def waiting(deployment: Deployment) -> Deployment:
    """A run that waits for the choice of an estimator."""
    deployment.script = WAITING
    deployment.accepts = ("weighting", "regression")
    return deployment


def answers(deployment: Deployment) -> list[dict[str, object]]:
    return [request for request in deployment.received if request["action"] == "answer"]


@pytest.mark.parametrize(
    ("words", "named"), [(("weighting",), {}), ((ID, "weighting"), {"question_id": ID})], ids=["one", "named"]
)
def test_an_answer_is_sent_and_the_way_on_is_shown(
    longrun: Longrun, waiting: Deployment, words: tuple[str, ...], named: dict[str, str]
) -> None:
    done = longrun("answer", RUN_ID, *words, "--url", waiting.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert waiting.received == [{"action": "answer", "run_id": RUN_ID, "answer": "weighting", **named}]
    assert f"longrun watch {RUN_ID} --url {waiting.url}" in done.stdout


def test_an_answer_as_json_repeats_what_was_sent(longrun: Longrun, waiting: Deployment) -> None:
    done = longrun("answer", RUN_ID, ID, "weighting", "--url", waiting.url, "--json")
    assert json.loads(done.stdout) == {"run_id": RUN_ID, "question_id": ID, "answer": "weighting"}


def test_an_answer_that_does_not_fit_has_the_deployments_reason(longrun: Longrun, waiting: Deployment) -> None:
    done = longrun("answer", RUN_ID, "matching", "--url", waiting.url)
    assert done.returncode == 2
    assert done.stderr == "longrun: The answer does not fit: it is not one of the choices [INVALID_REQUEST]\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("use", "regression"), "put it in quotes"),
        (("q-1", "regression"), "'q-1' is not the id of a question"),
        ((ID, "use", "regression"), "put it in quotes"),
    ],
    ids=["two-words", "no-id", "three-words"],
)
def test_words_that_are_no_answer_are_rejected_before_anything_is_sent(
    longrun: Longrun, waiting: Deployment, words: tuple[str, ...], message: str
) -> None:
    done = longrun("answer", RUN_ID, *words, "--url", waiting.url)
    assert done.returncode == 2
    assert message in done.stderr
    assert waiting.received == []


def test_answers_ahead_of_time_reach_the_deployment(longrun: Longrun, deployment: Deployment) -> None:
    words = ("ask", "x", "--url", deployment.url, "--run-id", RUN_ID)
    assert longrun(*words, "--answer", "weighting", "--answer", "3").returncode == 0
    assert deployment.received[0]["answers"] == ["weighting", "3"]


@pytest.mark.parametrize("words", [("ask", "x", "--run-id", RUN_ID), ("watch", RUN_ID)], ids=["ask", "watch"])
def test_without_waiting_the_command_ends_with_the_open_question(
    longrun: Longrun, waiting: Deployment, words: tuple[str, ...]
) -> None:
    done = longrun(*words, "--no-wait", "--url", waiting.url, "--json")
    assert done.returncode == 4
    document = json.loads(done.stdout)
    assert (document["status"], document["error"]["code"]) == ("WAITING", "WAITING")
    assert f"longrun answer {RUN_ID} {ID} TEXT --url {waiting.url}" in document["error"]["message"]
    (question,) = document["questions"]
    assert (question["question_id"], question["text"]) == (ID, "Which estimator?")


def test_without_a_terminal_the_way_to_answer_is_shown_and_the_run_is_followed_on(
    waiting: Deployment, environment: dict[str, str], tmp_path: Path
) -> None:
    with subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "-m", "cli", "watch", RUN_ID, "--url", waiting.url],
        env=environment | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        hint = process.stderr.readline()
        assert f"longrun answer {RUN_ID} {ID} TEXT --url {waiting.url}" in hint
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert "the run waits; answer with" in said


def test_a_question_is_asked_on_the_terminal_until_its_answer_fits(
    waiting: Deployment, environment: dict[str, str], tmp_path: Path
) -> None:
    words = ["ask", "How much?", "--url", waiting.url, "--run-id", RUN_ID]
    with on_terminal(words, environment, tmp_path) as terminal:
        terminal.until("answer> ")
        for expected in ("Which estimator?", "regression | weighting", "without an answer: regression", "2026-12-01"):
            assert expected in terminal.shown
        terminal.type("matching\n")
        terminal.until("The answer does not fit")
        terminal.until("answer> ")
        terminal.type("weighting\n")
        assert terminal.exit_code() == 0, terminal.shown
    assert "answered: weighting" in terminal.shown
    assert "It is 42." in terminal.shown
    assert [request["answer"] for request in answers(waiting)] == ["matching", "weighting"]
    assert {request["question_id"] for request in answers(waiting)} == {ID}


def test_an_empty_line_takes_the_default(waiting: Deployment, environment: dict[str, str], tmp_path: Path) -> None:
    with on_terminal(["watch", RUN_ID, "--url", waiting.url], environment, tmp_path) as terminal:
        terminal.until("answer> ")
        terminal.type("\n")
        assert terminal.exit_code() == 0, terminal.shown
    assert [request["answer"] for request in answers(waiting)] == ["regression"]


def test_ctrl_c_at_the_prompt_leaves_the_run_waiting(
    waiting: Deployment, environment: dict[str, str], tmp_path: Path
) -> None:
    with on_terminal(["watch", RUN_ID, "--url", waiting.url], environment, tmp_path) as terminal:
        terminal.until("answer> ")
        os.kill(terminal._process.pid, signal.SIGINT)  # noqa: SLF001
        assert terminal.exit_code() == 130, terminal.shown
    assert f"longrun answer {RUN_ID} {ID} TEXT" in "".join(terminal.shown.splitlines())
    assert answers(waiting) == []
