"""A function's processes forked from a server: as if each had started by itself, and gone when anything goes."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.forking.unix_socket import listen
from sandbox.function_process import bootstrap, stub
from sandbox.lifecycle.environments import ensure_environment
from sandbox.paths import REPOSITORY, home
from tests.sandbox.harness import is_alive, silent, wait_until
from tests.sandbox.runtime_api import RuntimeApi, serving_api

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(sys.platform != "linux", reason="functions are forked on Linux only"),
]

SOCKET = "f.sock"

CODE = """
import os, random, signal, sys
os.environ["SET_BY_IMPORT"] = "yes"
os.environ.pop("REMOVED_BY_IMPORT", None)
print("imported")
def handler(event, context):
    if "signal" in event:
        os.kill(os.getpid(), event["signal"])
    if "exit" in event:
        os._exit(event["exit"])
    return {
        "pid": os.getpid(), "parent": os.getppid(), "random": random.random(),
        "state": {
            "environment": dict(os.environ), "cwd": os.getcwd(), "path": sys.path, "argv": sys.argv,
            "ours": [name for name in sys.modules if name.startswith("sandbox")],
            "descriptors": sorted(os.listdir("/proc/self/fd")),
        },
    }
"""

READS_AT_IMPORT = """
import os
WORD = os.environ.get("WORD")
def handler(event, context): return [WORD, os.getppid()]
"""

STARTS_A_THREAD = """
import os, threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
def handler(event, context): return os.getppid()
"""


@dataclass(frozen=True)
class Function:
    """A process that the emulator would have started, and what it is given and answers."""

    process: "subprocess.Popen[str]"
    api: RuntimeApi

    @property
    def pid(self) -> int:
        return self.process.pid

    def answer(self) -> Any:  # noqa: ANN401  whatever the handler returns
        self.api.events.put({})
        kind, body = self.api.answers.get(timeout=20)
        assert kind == "response", body
        return body

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()


@dataclass(frozen=True)
class Processes:
    """Starts servers of the function in `folder` and processes of it, and ends them with the test."""

    folder: Path
    python: Path
    stack: ExitStack

    def write(self, code: str) -> None:
        (self.folder / "app.py").write_text(code)

    def listener(self) -> socket.socket:
        return self.stack.enter_context(listen(self.folder, SOCKET))

    def server(self, listener: socket.socket | None = None, **variables: str) -> "subprocess.Popen[str]":
        with listener or self.listener() as inherited:
            number = inherited.fileno()
            command = [str(self.python), "-m", "sandbox.function_process.function_server", str(number)]
            return self._start(
                [*command, str(self.folder), "app.handler"],
                variables,
                stdin=subprocess.PIPE,
                cwd=REPOSITORY,
                pass_fds=(number,),
                process_group=0,
            )

    def stub(self, **variables: str) -> Function:
        return self._function([str(self.python), "-I", "-S", stub.__file__, SOCKET, *self._plain], variables)

    def plain(self, **variables: str) -> Function:
        return self._function(self._plain, variables)

    @property
    def _plain(self) -> list[str]:
        return [str(self.python), "-P", bootstrap.__file__, str(self.folder)]

    def _function(self, command: list[str], variables: dict[str, str]) -> Function:
        api = self.stack.enter_context(serving_api())
        return Function(self._start(command, {"AWS_LAMBDA_RUNTIME_API": api.address, **variables}), api)

    def _start(self, command: list[str], variables: dict[str, str], **options: Any) -> "subprocess.Popen[str]":  # noqa: ANN401  Popen's
        env = {
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "_HANDLER": "app.handler",
            "PATH": os.environ["PATH"],
            "TMPDIR": str(self.folder),
            **variables,
        }
        process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
        )
        self.stack.enter_context(process)
        self.stack.callback(process.kill)
        return process


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    python = ensure_environment("functions", REPOSITORY / "requirements" / "functions.txt", home(), silent)
    # Longer than a socket's address may be.
    folder = tmp_path / ("deep" * 25)
    folder.mkdir()
    with ExitStack() as stack:
        made = Processes(folder, python, stack)
        made.write(CODE)
        yield made


def has_gone(pid: int) -> Callable[[], bool]:
    """Not even a zombie is left."""
    return lambda: not Path(f"/proc/{pid}").exists()


def test_a_forked_process_is_as_one_that_has_started_by_itself(processes: Processes) -> None:
    own = {"OWN": "yes", "REMOVED_BY_IMPORT": "no"}
    plain = processes.plain(**own)
    expected = plain.answer()["state"]
    server = processes.server(SERVERS="only", REMOVED_BY_IMPORT="no")

    forked = processes.stub(**own)
    answer = forked.answer()

    assert answer["parent"] == server.pid
    for state in (expected, answer["state"]):
        assert state["environment"].pop("AWS_LAMBDA_RUNTIME_API")
    assert answer["state"] == expected
    assert (plain.line(), forked.line()) == ("imported\n", "imported\n")
    assert json.loads(forked.line())["type"] == "sandbox.call"


def test_a_process_that_comes_before_its_server_has_started_waits_for_it(processes: Processes) -> None:
    listener = processes.listener()
    early = processes.stub()

    server = processes.server(listener)

    assert early.answer()["parent"] == server.pid


def test_children_have_their_own_variables_and_chance(processes: Processes) -> None:
    server = processes.server()

    answers = [processes.stub(WORD=word).answer() for word in ("one", "two")]

    assert [answer["parent"] for answer in answers] == [server.pid, server.pid]
    assert [answer["state"]["environment"]["WORD"] for answer in answers] == ["one", "two"]
    assert answers[0]["random"] != answers[1]["random"]


def test_a_killed_stub_takes_its_child_along_and_no_other(processes: Processes) -> None:
    processes.server()
    first, second = processes.stub(), processes.stub()
    victim, other = first.answer()["pid"], second.answer()["pid"]

    first.process.kill()

    wait_until(has_gone(victim), "the end of the child")
    assert second.answer()["pid"] == other


@pytest.mark.parametrize(
    ("event", "code"),
    [({"exit": 0}, 0), ({"exit": 3}, 3), ({"signal": 9}, -9), ({"signal": signal.SIGSEGV}, -signal.SIGSEGV)],
    ids=["exit-0", "exit-3", "killed", "segmentation-fault"],
)
def test_a_stub_ends_as_its_child_does_and_no_zombie_stays(
    processes: Processes, event: dict[str, int], code: int
) -> None:
    server = processes.server()
    function = processes.stub()
    child = function.answer()["pid"]

    function.api.events.put(event)

    assert function.process.wait(timeout=20) == code
    assert has_gone(child)()
    assert server.poll() is None


def test_a_killed_server_ends_its_children_and_their_stubs_and_the_next_start_by_themselves(
    processes: Processes,
) -> None:
    server = processes.server()
    function = processes.stub()
    child = function.answer()["pid"]

    server.kill()

    assert function.process.wait(timeout=20) == 1
    wait_until(lambda: not is_alive(child), "the end of the child")
    alone = processes.stub()
    assert alone.answer()["pid"] == alone.pid


def test_a_server_ends_with_the_process_that_holds_its_input(processes: Processes) -> None:
    server = processes.server()
    function = processes.stub()
    child = function.answer()["pid"]
    assert server.stdin

    server.stdin.close()

    assert server.wait(timeout=20) == -signal.SIGKILL
    assert function.process.wait(timeout=20) == 1
    wait_until(lambda: not is_alive(child), "the end of the child")


def test_a_stub_ends_when_nobody_reads_what_its_child_prints(processes: Processes) -> None:
    processes.server()
    function = processes.stub()
    child = function.answer()["pid"]
    assert function.process.stdout

    function.process.stdout.close()

    assert function.process.wait(timeout=20) == 1
    wait_until(has_gone(child), "the end of the child")


def test_without_a_server_a_process_starts_by_itself(processes: Processes) -> None:
    function = processes.stub()

    assert function.answer()["pid"] == function.pid


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import absent_module", "Runtime.ImportModuleError"),
        ("def broken(", "Runtime.UserCodeSyntaxError"),
        ("raise ValueError('broken')", "ValueError"),
    ],
)
def test_code_that_cannot_be_imported_is_reported_as_without_a_server(
    processes: Processes, code: str, error: str
) -> None:
    processes.write(code)
    plain = processes.plain()
    expected = plain.api.answers.get(timeout=20)
    server = processes.server()

    function = processes.stub()

    assert function.api.answers.get(timeout=20) == expected
    assert (expected[0], expected[1]["errorType"]) == ("error", error)
    assert function.process.wait(timeout=20) == plain.process.wait(timeout=20) == server.wait(timeout=20) == 1


def test_a_process_whose_variable_was_read_at_import_with_another_value_imports_for_itself(
    processes: Processes,
) -> None:
    processes.write(READS_AT_IMPORT)
    server = processes.server(WORD="one")

    answers = [processes.stub(**variables).answer() for variables in ({"WORD": "one"}, {"WORD": "two"}, {})]

    assert answers == [["one", server.pid], ["two", os.getpid()], [None, os.getpid()]]


def test_code_that_starts_a_thread_at_import_is_not_forked(processes: Processes) -> None:
    processes.write(STARTS_A_THREAD)
    server = processes.server()

    assert processes.stub().answer() == os.getpid()
    assert server.wait(timeout=20) == 1
