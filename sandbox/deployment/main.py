"""The process that runs one program: imports Pulumi while the emulator starts, then waits for its job.

It reads a job and writes progress and one result as JSON lines. It ends with the process that started it. What the
program prints goes to standard error, which is a log file.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from sandbox.deployment.deployment import Deployment
from sandbox.errors import SandboxCode, SandboxError
from sandbox.program.config import ProgramConfig
from sandbox.program.runner import run_program

Send = Callable[..., None]


def main() -> None:
    """Exits with 0 for a failed program too, because the failure is the result."""
    source = FileIO(0, closefd=False)  # unbuffered, because a second thread continues to read it
    sink = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    lock = Lock()

    def send(event: str, **detail: object) -> None:
        with lock:
            print(json.dumps({"event": event, **detail}), file=sink, flush=True)

    line = source.readline()
    if not line:
        return
    Thread(target=_end_with_parent, args=(source,), daemon=True).start()
    try:
        send("done", **_run(json.loads(line), send))
    except SandboxError as error:
        traceback.print_exc()
        send("failed", code=error.code, message=error.message)
    except Exception as error:
        traceback.print_exc()
        message = f"the sandbox failed to run the program: {type(error).__name__}: {error}"
        send("failed", code=SandboxCode.PROGRAM_FAILED, message=message)
    # Not sys.exit, which would wait for threads that still create resources, although their result is not used.
    sys.stderr.flush()
    os._exit(0)


def _run(job: dict[str, Any], send: Send) -> dict[str, Any]:
    root = Path(job["root"])
    config = ProgramConfig(**job["config"])

    def log(message: str) -> None:
        send("progress", stage="program", message=message)

    deployment = Deployment(job["deployment"], config.region, send)
    outputs = run_program(root, config, deployment, log)
    return {"outputs": deployment.finish(outputs)}


def _end_with_parent(source: FileIO) -> None:
    while source.read(64):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)  # also an installer that builds a package


if __name__ == "__main__":
    main()
