"""The launcher of AgentCore artifacts by itself: what it tells, and that it ends with who started it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sandbox.agent_process import agent_session
from tests.sandbox.harness import is_alive, wait_until

BINDS = """
import socket
listener = socket.socket(socket.{family})
listener.bind(("{host}", {port}))
print(listener.getsockname()[:2] if isinstance(listener.getsockname(), tuple) else listener.getsockname(), flush=True)
"""

STARTS_A_CHILD = """
import subprocess, time
print(subprocess.Popen(["sleep", "1000"]).pid, flush=True)
time.sleep(1000)
"""

UVICORN = """
class Config:
    def __init__(self, app, host="127.0.0.1", port=8000, uds=None, fd=None):
        self.port, self.uds, self.fd = port, uds, fd
"""

CONFIGURES = """
import socket, uvicorn.config
config = uvicorn.config.Config("app", port={port})
print(config.fd is not None and socket.socket(fileno=config.fd).getsockname(), flush=True)
"""


class Launched:
    """A session of a script, `main.py` of that source or another, with the other end of its control socket."""

    def __init__(self, folder: Path, source: str, script: str) -> None:
        (folder / "tmp").mkdir()
        (folder / "main.py").write_text(source)
        self.control, theirs = socket.socketpair()
        self.control.settimeout(20)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-S", "-P", agent_session.__file__, "8080", script],
                cwd=folder,
                env={"TMPDIR": str(folder / "tmp"), "PYTHONPATH": str(folder), "PATH": os.environ["PATH"]},
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                text=True,
                process_group=0,
            )

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def reported(self) -> list[str]:
        """Everything that it has reported until it ended."""
        said = b""
        while part := self.control.recv(1024):
            said += part
        return said.decode().splitlines()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def launched(stack: ExitStack, folder: Path, source: str, script: str = "main.py") -> Launched:
    made = Launched(folder, source, script)
    stack.enter_context(made.process)
    stack.enter_context(made.control)
    stack.callback(made.process.kill)
    return made


@pytest.mark.parametrize(
    ("family", "host", "loopback"), [("AF_INET", "", "127.0.0.1"), ("AF_INET6", "::", "::1")], ids=["4", "6"]
)
def test_a_server_on_the_contracts_port_gets_a_free_one_of_the_loopback(
    stack: ExitStack, tmp_path: Path, family: str, host: str, loopback: str
) -> None:
    session = launched(stack, tmp_path, BINDS.format(family=family, host=host, port=8080))

    (reported,) = session.reported()

    kind, port, where = reported.split()
    assert (kind, where) == ("tcp", loopback)
    assert session.line() == str((loopback, int(port)))
    assert port != "8080"


def test_a_server_on_another_port_is_left_alone(stack: ExitStack, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
    session = launched(stack, tmp_path, BINDS.format(family="AF_INET", host="127.0.0.1", port=port))

    assert session.reported() == []
    assert session.line() == str(("127.0.0.1", port))


def test_uvicorn_on_the_contracts_port_gets_the_sessions_unix_socket(stack: ExitStack, tmp_path: Path) -> None:
    (tmp_path / "uvicorn").mkdir()
    (tmp_path / "uvicorn" / "__init__.py").touch()
    (tmp_path / "uvicorn" / "config.py").write_text(UVICORN)

    session = launched(stack, tmp_path, CONFIGURES.format(port=8080))

    assert session.reported() == ["unix"]
    assert session.line() == agent_session.SOCKET


def test_uvicorn_on_another_port_is_left_alone(stack: ExitStack, tmp_path: Path) -> None:
    (tmp_path / "uvicorn").mkdir()
    (tmp_path / "uvicorn" / "__init__.py").touch()
    (tmp_path / "uvicorn" / "config.py").write_text(UVICORN)

    session = launched(stack, tmp_path, CONFIGURES.format(port=9000))

    assert session.reported() == []
    assert session.line() == "False"


def test_a_script_in_a_folder_finds_what_lies_beside_it_and_in_the_artifacts_root(
    stack: ExitStack, tmp_path: Path
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "beside.py").write_text("where = 'beside'\n")
    (tmp_path / "above.py").write_text("where = 'above'\n")
    (tmp_path / "src" / "server.py").write_text("import above, beside\nprint(beside.where, above.where)\n")

    session = launched(stack, tmp_path, "", "src/server.py")

    assert session.line() == "beside above"


def test_a_session_ends_with_the_process_that_holds_its_control_socket_and_takes_its_children_along(
    stack: ExitStack, tmp_path: Path
) -> None:
    session = launched(stack, tmp_path, STARTS_A_CHILD)
    child = int(session.line())

    session.control.close()

    assert session.process.wait(timeout=20) == -signal.SIGKILL
    wait_until(lambda: not is_alive(child), "the end of its child")


def test_a_session_cannot_change_its_package(stack: ExitStack, tmp_path: Path) -> None:
    source = """
import os
try:
    open("cache.json", "w")
except OSError as error:
    print(error, flush=True)
open(os.environ["TMPDIR"] + "/cache.json", "w").close()
print(os.listdir(os.environ["TMPDIR"]), flush=True)
"""
    artifact = tmp_path / "artifact"
    artifact.mkdir()

    session = launched(stack, artifact, source)

    assert session.line() == (
        "[Errno 30] Read-only file system (an agent's code must not change its package; write to /tmp): 'cache.json'"
    )
    assert session.line() == "['cache.json']"
    assert not (artifact / "cache.json").exists()
