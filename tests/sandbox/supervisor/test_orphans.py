"""What functions start and leave behind: the supervisor adopts it, waits for it, and ends it with the sandbox."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.lifecycle.commands import down
from sandbox.state import SandboxState
from tests.sandbox.clients import client
from tests.sandbox.harness import is_alive, running, wait_until, write_program

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers"),
]

PROGRAM = """
made = aws.lambda_.Function(
    "leaves", role=role("leaves-role").arn, code=pulumi.FileArchive({archive!r}), handler="app.handler",
    runtime=RUNTIME, architectures=[MACHINE], timeout=10)
pulumi.export("name", made.name)
"""

CODE = """
import os, subprocess
def handler(event, context):
    left = [subprocess.Popen(command, start_new_session=event["own_session"]).pid for command in event["commands"]]
    open(event["report"], "w").write(repr(left))
    if event["exit"]:
        os._exit(0)
"""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SandboxState]:
    package = tmp_path / "package"
    (package / "tree").mkdir(parents=True)
    (package / "tree" / "app.py").write_text(CODE)
    (package / "package.zip").touch()
    root = write_program(tmp_path / "program", PROGRAM.format(archive=str(package / "package.zip")))
    with running(tmp_path / "state", root=root) as started:
        yield started


def leave_behind(state: SandboxState, report: Path, commands: list[list[str]], **event: Any) -> list[int]:  # noqa: ANN401
    """Invokes the function, whose process starts the commands; returns their process ids."""
    given = {"commands": commands, "report": str(report), "own_session": False, "exit": True, **event}
    client(state.endpoint, "lambda").invoke(FunctionName=state.outputs["name"], Payload=json.dumps(given))
    pids: list[int] = json.loads(report.read_text())
    return pids


def test_orphans_of_a_function_do_not_stay_as_zombies(state: SandboxState, tmp_path: Path) -> None:
    left = leave_behind(state, tmp_path / "report", [["sleep", "0.3"], ["sleep", "0.1"], ["false"]])

    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left), "the end of the orphans, as zombies too")
    os.kill(state.pids["supervisor"], 0)
    os.kill(state.pids["emulator"], 0)


def test_an_orphan_in_a_session_of_its_own_ends_with_the_sandbox(state: SandboxState, tmp_path: Path) -> None:
    (left,) = leave_behind(state, tmp_path / "report", [["sleep", "1000"]], own_session=True)
    assert is_alive(left)

    down(tmp_path / "state")

    assert not is_alive(left)


def test_what_a_running_function_process_has_started_ends_with_the_sandbox(state: SandboxState, tmp_path: Path) -> None:
    (left,) = leave_behind(state, tmp_path / "report", [["sleep", "1000"]], own_session=True, exit=False)
    assert is_alive(left)

    down(tmp_path / "state")

    assert not is_alive(left)
