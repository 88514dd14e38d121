"""The fork server of one version of an AgentCore runtime: imports the installed packages that the artifact imports,
then forks its sessions.

Run as `python -S -m sandbox.agent_process.agent_server LISTENER PORT SCRIPT [LEFT_OUT...]` by the sessions'
interpreter, in an environment like theirs. Standard input is a socket on which it sends `ready`. An import that fails
ends the server: each session then starts without it and reports the error.
"""

import importlib
import os
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sandbox.agent_process import agent_session
from sandbox.agent_process.static_imports import Import, installed_imports
from sandbox.forking.fork_server import ForkServer
from sandbox.forking.import_environment import set_environment
from sandbox.forking.preloaded import Preloaded, forget_ourselves, raise_open_files
from sandbox.paths import REPOSITORY

_OWN = ("HOME", "TMPDIR")
"""Variables that differ between sessions. An import derives at most the folder of a cache from them, which the sessions
of one version may share."""


class _ThreadsError(Exception):
    """A module has started threads, which a forked process would not have: the server starts again without it."""

    def __init__(self, module: str) -> None:
        super().__init__(module)
        self.module = module


def main() -> None:
    listener, port, script, *left_out = sys.argv[1:]
    given = dict(os.environ)
    raise_open_files()
    _look_like_session(script)
    preloaded = Preloaded()
    try:
        with preloaded.importing():
            for one in installed_imports(Path(script).resolve(), Path.cwd()):
                if one.module not in left_out:
                    _load(one)
    except _ThreadsError as error:
        set_environment(given)
        os.chdir(REPOSITORY)
        # exec is the only way to get rid of the threads. The listener stays open, so callers wait.
        os.execv(sys.executable, [*sys.orig_argv, error.module])  # noqa: S606  no shell is wanted

    def accepts(environment: Mapping[str, str]) -> bool:
        return preloaded.serves({**environment, **{name: given[name] for name in _OWN}})

    os.write(0, b"ready")
    environment = ForkServer(socket.socket(fileno=int(listener)), accepts).serve()
    # A group of its own, so that the sidecar can kill the session with all that it has started.
    os.setpgid(0, 0)
    preloaded.begin(environment)
    agent_session.run(int(port), script)


def _look_like_session(script: str) -> None:
    forget_ourselves()
    os.chdir(os.environ["PYTHONPATH"])
    agent_session.make_read_only()
    sys.argv = [script]


def _load(one: Import) -> None:
    module = importlib.import_module(one.module)
    if one.name and not hasattr(module, one.name):
        with suppress(ModuleNotFoundError):
            importlib.import_module(f"{one.module}.{one.name}")
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise _ThreadsError(one.module)


if __name__ == "__main__":
    main()
