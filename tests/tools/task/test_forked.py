"""A process of a tool without a new interpreter: its end is the real one, and nothing of its parent is lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from tools.task.forked import ForkedProcess, fork
from tools.task.process import ToolProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="tools are forked on Linux only")

ORPHAN = """
import os, sys, time
from tools.task.forked import fork
output = os.dup(1)
def work():
    print(os.getpid(), flush=True)
    time.sleep(60)
    return 0
fork(work, output)
time.sleep(60)
"""


@pytest.fixture
def output() -> Iterator[tuple[int, int]]:
    read_end, write_end = os.pipe()
    yield read_end, write_end
    for end in (read_end, write_end):
        with suppress(OSError):
            os.close(end)


def printed(process: ForkedProcess, output: tuple[int, int]) -> str:
    """What the process has printed when it has ended."""
    os.close(output[1])
    process.wait()
    with os.fdopen(output[0]) as stream:
        return stream.read()


def raises() -> int:
    raise ValueError("broken")


def signals(number: signal.Signals) -> int:
    os.kill(os.getpid(), number)
    return 0


@pytest.mark.parametrize(
    ("work", "code"),
    [
        pytest.param(lambda: 0, 0, id="done"),
        pytest.param(lambda: 3, 3, id="exit code"),
        pytest.param(raises, 1, id="error"),
        pytest.param(lambda: signals(signal.SIGKILL), -9, id="killed"),
        pytest.param(lambda: signals(signal.SIGTERM), -15, id="terminated"),
    ],
)
def test_its_exit_code_is_that_of_its_work(output: tuple[int, int], work: Callable[[], int], code: int) -> None:
    assert fork(work, output[1]).wait() == code


def test_it_has_a_group_and_an_output_of_its_own_and_only_the_files_that_it_is_given(output: tuple[int, int]) -> None:
    unrelated, kept = os.dup(output[0]), os.dup(output[1])

    def work() -> int:
        sys.stdout.write(f"{os.getpgrp() == os.getpid()}\n")
        for descriptor in (unrelated, kept):
            try:
                os.fstat(descriptor)
            except OSError:
                sys.stdout.write("closed\n")
            else:
                sys.stdout.write("open\n")
        return 0

    process = fork(work, output[1], kept)

    os.close(unrelated)
    os.close(kept)
    assert printed(process, output).split() == ["True", "closed", "open"]


def test_a_wait_ends_in_time(output: tuple[int, int]) -> None:
    def work() -> int:
        time.sleep(60)
        return 0

    process = fork(work, output[1])

    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_it_is_killed_when_its_parent_ends() -> None:
    command = [sys.executable, "-c", ORPHAN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:  # noqa: S603  this interpreter
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.kill()
        # the output is open for as long as one of the two lives
        assert parent.stdout.read() == ""
    assert pid != parent.pid


def test_a_tool_is_forked_without_the_token_and_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def serve(request: dict[str, str], answer: int) -> int:
        sys.stdout.write(f"at work on {request['tool']}\n")
        os.write(answer, b'{"status": "success", "text": "%s"}' % os.environ.get("LONGRUN_TASK_TOKEN", "none").encode())
        return 0

    monkeypatch.setenv("LONGRUN_TASK_TOKEN", "token")
    monkeypatch.setattr("tools.task.tool_child.serve", serve)
    lines: list[str] = []

    process = ToolProcess.start({"tool": "profile_table"}, lines.append)

    assert process.wait(30) == 0
    assert process.answer == {"status": "success", "text": "none"}
    assert lines == ["at work on profile_table"]
    assert os.environ["LONGRUN_TASK_TOKEN"] == "token"
