"""Runs an AgentCore artifact unchanged, but moves its server from the contract's port to an address of its own.

Many sessions run on one machine, which has that port only once. Standard library only, because it runs in the
artifact's interpreter. Run as `python -S -P agent_session.py PORT SCRIPT` in the artifact's folder, with that folder as
PYTHONPATH. Standard input is a socket: this process sends its server's address on it, and when it closes, this process
and all that it has started are killed.
"""

import os
import signal
import site
import socket
import sys
import types
from collections.abc import Callable, Sequence
from functools import wraps
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from io import TextIOWrapper
from pathlib import Path
from threading import Thread
from typing import Any

SOCKET = "agent.sock"
"""The name of a session's socket, in the folder that holds its TMPDIR."""

_BACKLOG = 128
_LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
_SERVER = "uvicorn.config"


class Redirection:
    """Moves a server on the contract's port: uvicorn to a Unix socket, any other to a free loopback port."""

    def __init__(self, port: int, listener: socket.socket, report: Callable[[str], None]) -> None:
        self._port = port
        self._listener = listener
        self._report = report

    def install(self) -> None:
        self._redirect_binds()
        if found := sys.modules.get(_SERVER):
            self._redirect_uvicorn(found)
        else:
            sys.meta_path.insert(0, _OnImport(_SERVER, self._redirect_uvicorn))

    def _redirect_binds(self) -> None:
        bind = socket.socket.bind
        contract, report = self._port, self._report

        @wraps(bind)
        def elsewhere(listener: socket.socket, address: Any) -> None:  # noqa: ANN401  what bind takes
            host = _LOOPBACK.get(listener.family)
            if host is None or listener.type != socket.SOCK_STREAM or address[1] != contract:
                bind(listener, address)
                return
            bind(listener, (host, 0))
            report(f"tcp {listener.getsockname()[1]} {host}")

        socket.socket.bind = elsewhere  # type: ignore[assignment,method-assign]

    def _redirect_uvicorn(self, module: Any) -> None:  # noqa: ANN401  the artifact's own uvicorn
        init = module.Config.__init__
        contract, listener, report = self._port, self._listener, self._report

        @wraps(init)
        def elsewhere(config: Any, *given: Any, **named: Any) -> None:  # noqa: ANN401  what Config takes
            init(config, *given, **named)
            if config.port == contract and config.uds is None and config.fd is None:
                config.fd = listener.fileno()
                report("unix")

        module.Config.__init__ = elsewhere


class _OnImport(MetaPathFinder):
    """Calls `then` with one module once it has been imported."""

    def __init__(self, name: str, then: Callable[[Any], None]) -> None:
        self._name = name
        self._then = then

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        # First, because finding and executing the module must not call this finder again.
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(fullname, path, target)
        if spec and spec.loader:
            execute = spec.loader.exec_module

            def execute_and_call(module: types.ModuleType) -> None:
                execute(module)
                self._then(module)

            spec.loader.exec_module = execute_and_call  # type: ignore[method-assign]
        return spec


def start(port: int, script: str) -> None:
    """Makes this process a session's, whose package is read-only, and runs the script to its end. Raises SystemExit 1
    when the script fails."""
    make_read_only()
    run(port, script)


def make_read_only() -> None:
    """Keeps this process from writing to the artifact's folder, which all sessions of this machine share."""
    path = str(Path(__file__).resolve().parents[1] / "read_only.py")
    module = types.ModuleType("read_only")
    module.__file__ = path
    SourceFileLoader("read_only", path).exec_module(module)
    module.make_package_read_only(str(Path.cwd()))


def run(port: int, script: str) -> None:
    """Does the same where the package is read-only already."""
    control = _control()
    Thread(target=_end_with_supervisor, args=(control,), name="end-with-supervisor", daemon=True).start()
    Redirection(port, _listener(), lambda address: control.sendall(f"{address}\n".encode())).install()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(line_buffering=True)  # otherwise the last lines of a killed agent would be lost
    _complete_site()
    _run(script)


def _control() -> socket.socket:
    """Returns the socket on standard input; the artifact finds standard input empty."""
    control = socket.socket(fileno=os.dup(0))
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return control


def _listener() -> socket.socket:
    """Returns a socket that listens before there is a server, so that the first request waits in its backlog."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    tree = Path.cwd()
    os.chdir(Path(os.environ["TMPDIR"]).parent)  # the name alone always fits into a socket's address
    listener.bind(SOCKET)
    os.chdir(tree)
    listener.listen(_BACKLOG)
    return listener


def _end_with_supervisor(control: socket.socket) -> None:
    try:
        control.recv(1)
    finally:
        os.killpg(os.getpgrp(), signal.SIGKILL)


def _complete_site() -> None:
    """Does the rest of what `-S` leaves out. Installed packages stay out, because an artifact must not see them."""
    site.setquit()
    site.setcopyright()
    site.sethelper()
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if PathFinder.find_spec("sitecustomize", paths):
        site.execsitecustomize()


def _run(script: str) -> None:
    """Does what `python SCRIPT` does, from cached bytecode. runpy would clear the module's globals when its code ends,
    while its threads still use them."""
    path = str(Path(script).resolve())
    folder = str(Path(path).parent)
    if sys.path[0] != folder:
        sys.path.insert(0, folder)
    loader = SourceFileLoader("__main__", path)
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=path, __loader__=loader, __spec__=None, __cached__=None)
    sys.modules["__main__"] = module
    sys.argv = [script]
    try:
        code = loader.get_code("__main__")
        if code is not None:
            exec(code, module.__dict__)  # noqa: S102  the purpose of this program
    except Exception as error:
        frames = error.__traceback__.tb_next if error.__traceback__ else None  # the first is ours
        error.__traceback__ = None if isinstance(error, SyntaxError) else frames
        sys.excepthook(type(error), error, error.__traceback__)
        sys.exit(1)


if __name__ == "__main__":
    start(int(sys.argv[1]), sys.argv[2])
