"""`longrun demo` as `make demo` calls it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from tests.sandbox.harness import is_alive, wait_until

pytestmark = pytest.mark.sandbox

SCRIPT = str(Path(sys.executable).with_name("longrun"))


def start(folder: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603  our own command
        [SCRIPT, "demo", *words],
        env=os.environ | {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def read_until(stream: IO[str], words: str) -> str:
    read = ""
    for line in stream:
        read += line
        if words in line:
            return read
    raise AssertionError(f"{words!r} was never written, but: {read}")


def test_the_demo_shows_each_step_answers_and_leaves_nothing(tmp_path: Path) -> None:
    with start(tmp_path) as demo:
        shown, said = demo.communicate(timeout=300)
    assert (demo.returncode, said) == (0, "")
    positions = [
        shown.index(words)
        for words in ("emulator", "program", "deployment", "ready", "question", "> run_sql", "AVG(re78)", "1,794")
    ]
    assert positions == sorted(positions)
    assert shown.index("1,794") < shown.index("run id") < shown.index("SUCCEEDED") < shown.index("nothing is left")
    assert list(tmp_path.iterdir()) == []


def test_the_demo_as_json_is_the_run_with_its_steps(tmp_path: Path) -> None:
    with start(tmp_path, "--json") as demo:
        shown, said = demo.communicate(timeout=300)
    assert (demo.returncode, said) == (0, "")
    document = json.loads(shown)
    assert (document["status"], "1,794" in document["answer"]) == ("SUCCEEDED", True)
    stages = [step["stage"] for step in document["steps"]]
    assert stages[-1] == "down"
    assert "deployment" in stages


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_an_interrupted_demo_takes_everything_down(tmp_path: Path, number: signal.Signals) -> None:
    with start(tmp_path) as demo:
        assert demo.stdout is not None
        read_until(demo.stdout, "question")
        (state,) = tmp_path.glob("longrun-demo-*/state.json")
        pids = json.loads(state.read_text())["pids"]
        assert all(is_alive(pid) for pid in pids.values())
        demo.send_signal(number)
        shown, said = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert said.endswith("[INTERRUPTED]\n")
    assert "nothing is left running" in shown
    # The supervisor has let go of everything when the demo ends; its own last instructions may still be to come.
    wait_until(lambda: not any(is_alive(pid) for pid in pids.values()), "the end of supervisor and emulator")
    assert list(tmp_path.iterdir()) == []
