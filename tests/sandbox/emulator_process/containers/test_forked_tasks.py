"""Containers forked from a server that has imported the image's packages: as if each had started by itself."""

import json
import sys
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from tests.sandbox.emulator_process.containers.stage import Stage, variables
from tests.sandbox.harness import is_alive, wait_until

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(sys.platform != "linux", reason="containers are forked on Linux only"),
]

SHOW = """
import json, os, signal, sys
def needed_later():
    import installed
    return installed.pid
if __name__ == "__main__":
    modules = [name for name in sys.modules if name.startswith("sandbox")]
    print(json.dumps({
        "pid": os.getpid(), "group": os.getpgrp(), "imported_by": needed_later(),
        "state": {
            "environment": dict(os.environ), "argv": sys.argv, "path": sys.path, "cwd": os.getcwd(), "ours": modules,
            "main": sys.modules["__main__"].__file__, "package": __package__, "spec": __spec__.name,
            "descriptors": sorted(os.listdir("/proc/self/fd")), "terminates": signal.getsignal(signal.SIGTERM).name,
        },
    }))
"""
CAREFUL = """
import os
try:
    import installed
    print(installed.pid == os.getpid())
except ValueError:
    print(True)
"""
STARTS_A_THREAD = "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()"
WAIT = """
import installed, os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path(os.environ["WORD"]).write_text(f"{os.getpid()} {child.pid} {installed.pid}")
time.sleep(60)
"""


def write(stage: Stage, module: str, source: str, package: str = "") -> None:
    """A module of the image, with a package as an installer leaves it, which records who has imported it."""
    files = {
        f"{module}.py": source,
        "installed/__init__.py": f"import os\npid = os.getpid()\n{package}",
        "installed-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: installed\nVersion: 1\n",
        "installed-1.dist-info/top_level.txt": "installed\n",
    }
    for name, text in files.items():
        path = stage.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def ended(stage: Stage, *words: str, **given: str) -> tuple[dict[str, Any], list[str]]:
    """The task of that command after its end, and the lines that it has printed."""
    definition = stage.register("", {"command": list(words)})
    (task,) = stage.end_of(stage.run(definition, overrides=variables(**given)))
    return task, stage.lines(task)


def exit_code(task: Mapping[str, Any]) -> int:
    return int(task["containers"][0]["exitCode"])


def test_a_forked_container_is_as_one_that_has_started_by_itself(stage: Stage) -> None:
    write(stage, "shows", SHOW, "print('imported')")

    # a flag of the interpreter keeps a command from being forked
    plain, forked = (ended(stage, "python", *flags, "-m", "shows", "a", "b", WORD="own") for flags in (["-s"], []))

    expected, found = (json.loads(lines[-1]) for _, lines in (plain, forked))
    assert expected["imported_by"] == expected["pid"]
    assert found["imported_by"] not in (found["pid"], expected["pid"])
    assert found["group"] == found["pid"]
    for state in (expected["state"], found["state"]):
        assert state["environment"].pop("HOME") != state["environment"].pop("TMPDIR")
    assert found["state"] == expected["state"]
    assert found["state"]["environment"]["WORD"] == "own"
    assert forked[1][0] == plain[1][0] == "imported"


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        pytest.param("raise SystemExit(3)", 3, "", id="exit code"),
        pytest.param("raise ValueError('broken')", 1, "ValueError: broken", id="error"),
        pytest.param("import os; os.kill(os.getpid(), 9)", 137, "", id="killed"),
    ],
)
def test_a_forked_container_ends_as_its_process(stage: Stage, source: str, code: int, line: str) -> None:
    write(stage, "ends", f"import installed, os\nprint(installed.pid != os.getpid(), flush=True)\n{source}")

    task, lines = ended(stage, "python", "-m", "ends")

    assert exit_code(task) == code
    assert lines[0] == "True"
    assert lines[-1] == (line or "True")
    assert not any("task_server" in text for text in lines)


def test_stop_task_ends_a_forked_container_with_all_that_it_has_started(stage: Stage) -> None:
    write(stage, "waits", WAIT)
    word = uuid4().hex
    definition = stage.register("", {"command": ["python", "-m", "waits"], "stopTimeout": 1})
    (arn,) = stage.run(definition, overrides=variables(WORD=word))
    stage.wait_for(word)
    wait_until(lambda: bool((stage.folder / word).read_text()), "the processes' ids")
    pid, child, imported_by = map(int, (stage.folder / word).read_text().split())
    assert imported_by != pid

    stage.ecs.stop_task(cluster=stage.cluster, task=arn, reason="enough")

    (task,) = stage.end_of([arn])
    assert exit_code(task) == 143
    assert not is_alive(pid)
    wait_until(lambda: not is_alive(child), "the end of its child")


@pytest.mark.parametrize(
    "package",
    [
        pytest.param("raise ValueError", id="error"),
        pytest.param(STARTS_A_THREAD, id="thread"),
        pytest.param("if os.environ.get('WORD'): own = True", id="variable"),
    ],
)
def test_a_package_that_containers_cannot_share_is_imported_by_each(stage: Stage, package: str) -> None:
    module = f"careful_{uuid4().hex[:8]}"  # a server keeps what it has imported
    write(stage, module, CAREFUL, package)

    _, lines = ended(stage, "python", "-m", module, WORD="own")

    assert lines == ["True"]
