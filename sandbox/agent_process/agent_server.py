"""The fork server of one version of an AgentCore runtime: imports the installed packages that the artifact imports,
then forks its sessions.

Run as `python -S -m sandbox.agent_process.agent_server LISTENER PORT SCRIPT [LEFT_OUT...]` by the sessions'
interpreter, in an environment like theirs. Standard input is a socket on which it sends `ready`. An import that fails
ends the server: each session then starts without it and reports the error.
"""

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.agent_process import agent_session
from sandbox.forking.fork_server import ForkServer
from sandbox.forking.importing import preload
from sandbox.forking.preloaded import forget_ourselves, raise_open_files
from sandbox.forking.static_imports import installed_imports
from sandbox.paths import REPOSITORY

_OWN = ("HOME", "TMPDIR")
"""Variables that differ between sessions. An import derives at most the folder of a cache from them, which the sessions
of one version may share."""


def main() -> None:
    listener, port, script, *left_out = sys.argv[1:]
    given = dict(os.environ)
    raise_open_files()
    _look_like_session(script)
    preloaded = preload(installed_imports(Path(script).resolve(), Path.cwd()), left_out, given, REPOSITORY)

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


if __name__ == "__main__":
    main()
