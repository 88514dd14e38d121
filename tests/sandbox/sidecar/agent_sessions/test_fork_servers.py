"""Sessions forked from a server that has imported the artifact's packages: as if each had started by itself."""

import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from tests.sandbox.harness import is_alive, wait_until
from tests.sandbox.sidecar.agent_sessions.test_sessions import DEAF, TELLS_ALL, WITH_CHILD
from tests.sandbox.sidecar.stage import PLAIN, SERVE, Runtime, Stage, new_id

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sessions are forked on Linux only")

TELLS_ITS_START = """
def handle(event, request):
    import installed
    return 200, {"pid": os.getpid(), "parent": os.getppid(), "imported_by": installed.pid, "group": os.getpgrp()}
"""

STARTS_A_THREAD = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()"


def package(source: str) -> dict[str, str]:
    """A package as an installer leaves it, which records who has imported it."""
    return {
        "installed/__init__.py": "import os\npid = os.getpid()\n" + source,
        "installed-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: installed\nVersion: 1\n",
        "installed-1.dist-info/top_level.txt": "installed\n",
    }


def prepared(stage: Stage, main: str, package_source: str = "", settings: Mapping[str, Any] | None = None) -> Runtime:
    """A runtime whose fork server has been started, as a deployment does it, and is ready or has given up."""
    runtime = stage.runtime({"main.py": "import installed\n" + main, **package(package_source)}, settings)
    runtime.workspace.prepare(runtime.arn, "DEFAULT")
    wait_until((runtime.workspace.folder / "servers").is_dir, "the start of the server")
    return runtime


def first_forked(runtime: Runtime) -> dict[str, Any]:
    """Sessions that come before the server is ready start by themselves."""
    reported: dict[str, Any] = {}

    def forked() -> bool:
        reported.update(runtime.invoke({}))
        return bool(reported["imported_by"] == reported["parent"])

    wait_until(forked, "a forked session")
    return reported


def test_a_session_finds_its_packages_imported(stage: Stage) -> None:
    runtime = prepared(stage, PLAIN + TELLS_ITS_START + SERVE)

    reported = first_forked(runtime)

    assert reported["group"] == reported["pid"]
    assert {session["forked"] for session in runtime.sessions() if session["pid"] == reported["pid"]} == {True}


def test_a_forked_session_is_as_one_that_has_started_by_itself(stage: Stage) -> None:
    plain = stage.runtime({"main.py": PLAIN + TELLS_ALL + SERVE}, described={"environmentVariables": {"WORD": "given"}})
    runtime = stage.runtime(
        {"main.py": "import installed\n" + PLAIN + TELLS_ALL + SERVE, **package("print('imported')")},
        described={"environmentVariables": {"WORD": "given"}},
    )
    runtime.workspace.prepare(runtime.arn, "DEFAULT")
    reported: dict[str, Any] = {}

    def forked() -> bool:
        reported.update(runtime.invoke({}))
        return bool(runtime.sessions()[-1]["forked"])

    wait_until(forked, "a forked session")

    expected = plain.invoke({})
    for answer, tree in ((expected, "agent_0-abcdefghij"), (reported, "agent_1-abcdefghij")):
        for name in ("HOME", "TMPDIR"):
            assert answer["environment"].pop(name)
        for name in ("PWD", "PYTHONPATH"):
            assert answer["environment"].pop(name) == str(stage.folder / "trees" / tree)
        answer["path"] = answer["path"][1:]
        answer.pop("cwd")
        answer.pop("file")
    assert reported == expected
    wait_until(lambda: "imported" in stage.log(), "what its imports have printed")


def test_own_modules_are_imported_by_each_session(stage: Stage) -> None:
    files = {"own.py": "import os\npid = os.getpid()\n", **package("")}
    handle = "\ndef handle(event, request): return 200, [os.getpid(), own.pid, installed.pid]\n"
    runtime = stage.runtime({"main.py": "import installed, own\n" + PLAIN + handle + SERVE, **files})
    runtime.workspace.prepare(runtime.arn, "DEFAULT")

    def forked() -> bool:
        pid, own, installed = runtime.invoke({})
        assert own == pid
        return bool(installed != pid)

    wait_until(forked, "a forked session")


@pytest.mark.parametrize(
    "source",
    ["raise ValueError('broken')", STARTS_A_THREAD],
    ids=["error", "thread"],
)  # fmt: skip
def test_a_package_that_cannot_be_imported_beforehand_is_imported_by_each_session(stage: Stage, source: str) -> None:
    careful = "try:\n    import installed\nexcept ValueError:\n    installed = None\n"
    handle = "\ndef handle(event, request): return 200, installed is None or installed.pid == os.getpid()\n"
    runtime = stage.runtime({"main.py": careful + PLAIN + handle + SERVE, **package(source)})
    runtime.workspace.prepare(runtime.arn, "DEFAULT")

    assert [runtime.invoke({}) for _ in range(3)] == [True, True, True]


def test_a_variable_that_was_read_at_import_with_another_value_is_no_obstacle_where_it_is_the_sessions_own(
    stage: Stage,
) -> None:
    runtime = prepared(stage, PLAIN + TELLS_ITS_START + SERVE, "home = os.environ['HOME']")

    assert first_forked(runtime)["parent"] != os.getpid()


def test_a_forked_session_ends_with_its_server_and_the_next_starts_by_itself(stage: Stage) -> None:
    runtime = prepared(stage, PLAIN + TELLS_ITS_START + SERVE)
    reported = first_forked(runtime)

    os.kill(reported["parent"], signal.SIGKILL)

    wait_until(lambda: not is_alive(reported["pid"]), "the end of the session")
    after = runtime.invoke({})
    assert after["imported_by"] == after["pid"]


def test_a_forked_session_is_stopped_and_killed_as_any_other(stage: Stage) -> None:
    runtime = prepared(stage, PLAIN + DEAF + WITH_CHILD + SERVE, settings={"session_stop_seconds": 0.2})
    session = ""

    def forked() -> bool:
        nonlocal session
        session = new_id()
        runtime.invoke({}, session)
        return bool(runtime.sessions()[-1]["forked"])

    wait_until(forked, "a forked session")
    child = runtime.invoke({}, session)["child"]
    pid = runtime.sessions()[-1]["pid"]

    runtime.stop(session)

    wait_until(lambda: not is_alive(pid), "its end")
    wait_until(lambda: not is_alive(child), "the end of its child")
