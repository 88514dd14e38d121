"""Runs MiniStack in the emulator's own environment on a socket that the supervisor has already bound.

Its Step Functions gets what it lacks (`sandbox.step_functions`) before the first call.

The socket is bound before the process exists, so a busy port is known at once and the first client waits in the backlog
instead of asking again and again. The process ends with its supervisor: when standard input closes, it removes its
temporary folder and ends its whole process group, which holds the functions too.
"""

import os
import resource
import shutil
import signal
import sys
import threading
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

KNOWN_VERSION = "1.5."
REPOSITORY = Path(__file__).resolve().parents[2]
BACKLOG = 1024
KEEP_ALIVE_SECONDS = 75
WEBSOCKET_BYTES = 128 * 1024
"""A message's limit on AWS; a larger one closes the socket with 1009."""


def _end_with_parent() -> None:
    """Blocks until the supervisor has gone, then ends everything here."""
    while os.read(0, 64):
        pass
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _keep_step_functions(module: ModuleType) -> None:
    sys.path.append(str(REPOSITORY))  # last: what the emulator needs is its environment's
    from sandbox.emulator_process.step_functions.replacements import keep  # noqa: PLC0415  it cannot be found earlier

    try:
        keep(module)
    except ValueError as error:
        sys.exit(str(error))


def main() -> None:
    """Serves until the supervisor goes; the one argument is the number of the listening socket."""
    found = version("ministack")
    if not found.startswith(KNOWN_VERSION):
        sys.exit(f"the sandbox knows MiniStack {KNOWN_VERSION}x, but requirements/sandbox.txt installed {found}")
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS calls its limit infinite and refuses to set it
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    os.environ["LOG_LEVEL"] = "WARNING"  # it is read at import, and not meant for the functions, which inherit the rest
    import uvicorn  # noqa: PLC0415  after the check
    from ministack.app import app  # type: ignore[import-not-found]  # noqa: PLC0415
    from ministack.services import stepfunctions  # type: ignore[import-not-found]  # noqa: PLC0415

    del os.environ["LOG_LEVEL"]
    _keep_step_functions(stepfunctions)
    config = uvicorn.Config(
        app,
        fd=int(sys.argv[1]),
        # Every call of every function goes through this one loop: with MiniStack's own server, in plain Python, fifty
        # runs at once see their first text a quarter later.
        loop="uvloop",
        http="httptools",
        ws="wsproto",
        ws_max_size=WEBSOCKET_BYTES,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        access_log=False,
        log_level="warning",
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
