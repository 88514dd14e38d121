"""Sandboxes that come and go: whatever ends them, nothing is left."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from sandbox.errors import SandboxError
from sandbox.lifecycle import commands
from sandbox.lifecycle.commands import Progress, UpOptions, down, status, up
from tests.sandbox.clients import get
from tests.sandbox.harness import is_alive, processes_of, running, silent, wait_until, write_program

pytestmark = pytest.mark.sandbox

FUNCTION = 'pulumi.export("name", function("lives", "def handler(event, context): return 1").name)'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


def left_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_an_empty_sandbox_serves_until_it_is_taken_down(folder: Path) -> None:
    with running(folder, empty=True) as state:
        assert state.running
        assert state.outputs == {}
        assert status(folder) == state
        assert get(f"{state.endpoint}/_ministack/health").status_code == 200
        assert get(f"{state.sidecar_url}/_longrun/health").status_code == 200

        assert down(folder) is True

    assert not any(is_alive(pid) for pid in state.pids.values())
    assert processes_of(folder) == set()
    assert status(folder) is None
    assert left_in(folder) == ["logs"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(state.endpoint)


def test_a_deployed_sandbox_has_its_functions_warm_and_takes_them_down(folder: Path, tmp_path: Path) -> None:
    reported: list[Progress] = []
    options = UpOptions(root=write_program(tmp_path / "program", FUNCTION), state_dir=folder, port=0)
    try:
        state = up(options, reported.append)
        assert state.outputs["name"].startswith("lives-")
        functions = processes_of(folder) - {state.pids["emulator"]}
        assert len(functions) == 1
    finally:
        down(folder)

    assert not any(is_alive(pid) for pid in functions)
    assert list(dict.fromkeys(progress.stage for progress in reported)) == [
        *("emulator", "program", "deployment", "warm-up", "ready")
    ]


def test_a_second_up_in_the_same_folder_is_reported_of_the_first(folder: Path) -> None:
    with running(folder, empty=True) as state:
        with pytest.raises(SandboxError, match=f"already runs at {state.endpoint} .*longrun down") as rejected:
            up(UpOptions(state_dir=folder, port=0, empty=True), silent)

        assert rejected.value.code == "ALREADY_RUNNING"
        assert status(folder) == state


def test_a_port_in_use_is_rejected_by_number(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match=f"port {port} of 127.0.0.1 is in use.*--port") as rejected:
            up(UpOptions(state_dir=folder, port=port, empty=True), silent)

    assert rejected.value.code == "PORT_IN_USE"
    assert status(folder) is None
    assert left_in(folder) == ["logs"]


def test_the_port_asked_for_is_the_port_used_and_free_again_after_down(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    for _ in range(2):
        with running(folder, empty=True, port=port) as state:
            assert state.endpoint == f"http://127.0.0.1:{port}"


def test_settings_that_the_model_rejects_are_reported_before_anything_stands(folder: Path) -> None:
    with pytest.raises(SandboxError, match="model cannot be set up: token_ms is -1") as rejected:
        up(UpOptions(state_dir=folder, port=0, empty=True, sidecar={"token_ms": -1}), silent)

    assert rejected.value.code == "INVALID_CONFIG"
    assert left_in(folder) == ["logs"]


@pytest.mark.parametrize(
    ("victim", "expected"),
    [("supervisor", "supervisor was ended from outside"), ("emulator", r"emulator ended unexpectedly \(signal 9\)")],
)
def test_a_killed_process_takes_the_others_along_and_the_state_tells(
    folder: Path, tmp_path: Path, victim: str, expected: str
) -> None:
    root = write_program(tmp_path / "program", FUNCTION)
    with running(folder, root=root) as state:
        members = processes_of(folder) | set(state.pids.values())
        assert len(members) == 3

        os.kill(state.pids[victim], signal.SIGKILL)

        wait_until(lambda: not any(is_alive(pid) for pid in members), "the end of all its processes")
        wait_until(lambda: not (folder / "tmp").exists(), "the end of its temporary folder")
        wait_until(lambda: (found := status(folder)) is not None and not found.running, "a state that tells")
        found = status(folder)
        assert found is not None
        assert re.search(expected, found.error or "")
        with running(folder, empty=True) as anew:
            assert anew.running


def test_supervisor_and_emulator_killed_at_once_leave_no_function(folder: Path, tmp_path: Path) -> None:
    with running(folder, root=write_program(tmp_path / "program", FUNCTION)) as state:
        members = processes_of(folder) | set(state.pids.values())

        for pid in state.pids.values():
            os.kill(pid, signal.SIGKILL)

        wait_until(lambda: not any(is_alive(pid) for pid in members), "the end of all its processes")
        assert down(folder) is True
        assert left_in(folder) == ["logs"]


UP = """
import sys
from pathlib import Path
from sandbox.lifecycle.commands import UpOptions, up

def tell(progress):
    print(progress.stage, progress.message, flush=True)

up(UpOptions(root=Path(sys.argv[1]), state_dir=Path(sys.argv[2]), port=0), tell)
"""


@contextmanager
def an_up(root: Path, folder: Path) -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, "-c", UP, str(root), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with process:
        try:
            yield process
        finally:
            process.kill()
            down(folder)


@pytest.mark.parametrize("stage", ["emulator", "program", "deployment", "warm-up"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_up_that_is_ended_in_the_middle_leaves_nothing(
    folder: Path, tmp_path: Path, stage: str, number: signal.Signals
) -> None:
    root = write_program(tmp_path / "program", FUNCTION)
    with an_up(root, folder) as process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith(stage):
                break
        process.send_signal(number)
        process.wait()

        wait_until(lambda: processes_of(folder) == set(), "the end of emulator and functions")
        wait_until(lambda: not (folder / "lock").exists(), "the end of the supervisor")
        assert left_in(folder) == ["logs"]
        assert status(folder) is None


def test_a_failed_deployment_leaves_no_sandbox(folder: Path, tmp_path: Path) -> None:
    root = write_program(tmp_path / "program", FUNCTION + '\naws.sns.Topic("topic")')

    with pytest.raises(SandboxError, match="creating aws:sns/topic:Topic 'topic' failed") as rejected:
        up(UpOptions(root=root, state_dir=folder, port=0), silent)

    assert rejected.value.code == "DEPLOYMENT_FAILED"
    assert str(folder / "logs" / "program.log") in rejected.value.message
    assert processes_of(folder) == set()
    assert left_in(folder) == ["logs"]


def test_an_emulator_that_dies_under_a_deployment_is_the_reason_reported(folder: Path, tmp_path: Path) -> None:
    source = """
import os, pathlib, signal
for entry in pathlib.Path("/proc").iterdir():
    if entry.name.isdigit() and b"emulator_process/main.py" in (entry / "cmdline").read_bytes():
        if pulumi.Config().require("word").encode() in (entry / "environ").read_bytes():
            os.kill(int(entry.name), signal.SIGKILL)
aws.sqs.Queue("late")
"""
    root = write_program(tmp_path / "program", source)

    with pytest.raises(SandboxError, match=r"the emulator (did not start|ended unexpectedly)") as dead:
        up(
            UpOptions(root=root, state_dir=folder, port=0, config={"word": f"TMPDIR={folder}"}),
            silent,
        )

    assert dead.value.code == "EMULATOR_DEAD"
    assert left_in(folder) == ["logs"]


def test_what_of_the_stacks_file_could_not_be_read_is_reported_first(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_program(tmp_path / "program", FUNCTION)
    (root / "Pulumi.local.yaml").write_text("environment: [shared]\n" + (root / "Pulumi.local.yaml").read_text())
    reported: list[Progress] = []

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "ensure_environments", stop)
    with pytest.raises(KeyboardInterrupt):
        up(UpOptions(state_dir=folder, root=root), reported.append)

    (note,) = reported
    assert note.stage == "config"
    assert note.message.startswith("Pulumi.local.yaml imports an environment, whose values are not read here")
