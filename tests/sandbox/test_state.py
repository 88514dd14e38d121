"""The state folder: its owner, its state, and what is left after the end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.lifecycle.commands import down, status
from sandbox.state import SandboxState, StateFolder

STATE = SandboxState(
    running=True,
    endpoint="http://127.0.0.1:4600",
    sidecar_url="http://127.0.0.1:4601",
    region="us-east-1",
    pids={"supervisor": 1, "emulator": 2},
    started_at="2026-01-01T00:00:00+00:00",
    websocket_url="ws://127.0.0.1:4600/_aws/execute-api/a/live",
    outputs={"agents": ["data_analyst"]},
)


def test_a_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)

    folder.write(STATE)

    assert folder.read() == STATE


@pytest.mark.parametrize("text", ["", "{", "[]", '{"running": true}', '{"unheard": 1}'])
def test_a_broken_state_file_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)

    assert StateFolder(tmp_path).read() is None


def test_there_is_no_sandbox_in_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    assert status(tmp_path / "none") is None
    assert down(tmp_path / "none") is False
    assert not (tmp_path / "none").exists()


def test_a_second_owner_is_rejected_while_the_first_holds_the_folder(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)

    with folder.acquire():
        assert folder.owner() == os.getpid()
        with pytest.raises(SandboxError, match=r"already runs in .*longrun down") as rejected:
            folder.acquire()
    assert rejected.value.code == "ALREADY_RUNNING"

    folder.acquire().close()
    assert folder.owner() is None


def test_the_folder_is_free_when_its_owner_was_killed(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from sandbox.state import StateFolder; "
        "lock = StateFolder(pathlib.Path(sys.argv[1])).acquire(); print('held', flush=True); sys.stdin.read()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with owner:
        assert owner.stdout
        assert owner.stdout.readline() == "held\n"
        assert StateFolder(tmp_path).owner() == owner.pid
        assert not StateFolder(tmp_path).wait_free(0.05)
        owner.kill()
        assert StateFolder(tmp_path).wait_free(10)
    assert StateFolder(tmp_path).owner() is None


def test_a_state_that_nobody_owns_is_reported_as_dead_and_cleaned_by_down(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    folder.write(STATE)
    folder.temporary.mkdir()
    folder.logs.mkdir()

    found = status(tmp_path)

    assert found is not None
    assert not found.running
    assert found.error == "the sandbox's supervisor was ended from outside; start again with `longrun up`"
    assert down(tmp_path) is True
    assert [entry.name for entry in tmp_path.iterdir()] == ["logs"]
    assert status(tmp_path) is None
