"""The process that runs one program: imports Pulumi while the emulator starts, then waits for its job.

Speaks JSON lines: a job in, progress and one result out. It ends with the process that started it, and whatever the
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
from sandbox.program.recording import Recorder
from sandbox.program.runner import run_program

Say = Callable[..., None]


def main() -> None:
    """Exit code 0 also for a failed program: the failure is the result."""
    source = FileIO(0, closefd=False)  # unbuffered, as two threads read it one after the other
    sink = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    lock = Lock()

    def say(event: str, **detail: object) -> None:
        with lock:
            print(json.dumps({"event": event, **detail}), file=sink, flush=True)

    line = source.readline()
    if not line:
        return
    Thread(target=_end_with_parent, args=(source,), daemon=True).start()
    try:
        say("done", **_run(json.loads(line), say))
    except SandboxError as error:
        traceback.print_exc()
        say("failed", code=error.code, message=error.message)
    except Exception as error:
        traceback.print_exc()
        message = f"the sandbox failed to run the program: {type(error).__name__}: {error}"
        say("failed", code=SandboxCode.PROGRAM_FAILED, message=message)
    # Threads that still make resources are of no use: whoever reads the result ends the sandbox, or keeps what stands.
    sys.stderr.flush()
    os._exit(0)


def _run(job: dict[str, Any], say: Say) -> dict[str, Any]:
    root = Path(job["root"])
    config = ProgramConfig(**job["config"])

    def log(message: str) -> None:
        say("progress", stage="program", message=message)

    if job["mode"] == "record":
        recorder = Recorder(config.region)
        outputs = run_program(root, config, recorder, log)
        return {"resources": recorder.resources, "outputs": outputs}
    deployment = Deployment(job["deployment"], config.region, say)
    outputs = run_program(root, config, deployment, log)
    deployment.finish()
    return {"outputs": outputs}


def _end_with_parent(source: FileIO) -> None:
    while source.read(64):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)  # an installer that builds a package too


if __name__ == "__main__":
    main()
