"""The client of a supervisor: starts it and exchanges messages with it until the sandbox is kept or ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from sandbox.json_lines import JsonLines, Listener
from sandbox.messages import Job
from sandbox.private_files import open_private_log
from sandbox.processes import wait_for_end
from sandbox.state import SandboxState, StateFolder

CLOSE_WITHIN = 15.0
"""Seconds for the emulator and all functions to end."""

END_WITHIN = 10.0
"""Seconds that a supervisor has to end everything before it is killed."""


class SupervisorClient:
    """Until `keep` has been answered, the end of this process, even by SIGKILL, ends the sandbox. A context manager, so
    that every exception ends it too."""

    def __init__(self, process: "subprocess.Popen[str]", listener: Listener) -> None:
        self._process = process
        self._channel = JsonLines(process, listener)

    @classmethod
    def start(cls, job: Job, folder: StateFolder, listener: Listener) -> "SupervisorClient":
        """`listener` is called from a thread with each event: bound, ready, kept or failed; `closed` is the last."""
        folder.make()
        with open_private_log(folder.logs / "supervisor.log") as log:
            # -P: a module in the current folder must not hide one of the standard library or of the project.
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "sandbox.supervisor.main"],
                env={key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        client = cls(process, listener)
        client._channel.send(asdict(job))
        return client

    def keep(self, outputs: Mapping[str, Any], websocket_url: str | None) -> None:
        """From now on the sandbox runs without this process; the event `kept` has its state."""
        self._channel.send({"keep": {"outputs": dict(outputs), "websocket_url": websocket_url}})

    def notify(self, kind: str, made: Mapping[str, Any]) -> None:
        """Reports what was deployed: a `function` to serve (the fields of ServedFunction), a `package` that is not
        uploaded ({bucket, key, tree}), or a `runtime` that will soon be invoked ({arn, endpoint})."""
        self._channel.send({kind: dict(made)})

    def close(self) -> None:
        """Leaves a sandbox that is kept running; ends any other and returns when it has ended."""
        self._channel.close_input()
        # The process that was started has exited after its fork; the supervisor's end shows in the closed pipe.
        self._process.wait()
        self._channel.join(CLOSE_WITHIN)

    def __enter__(self) -> "SupervisorClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def end_owner(folder: StateFolder) -> bool:
    """Ends the sandbox that owns the folder and returns when all its processes have ended; False without one."""
    found = owner = folder.owner()
    for number in (signal.SIGTERM, signal.SIGKILL):
        if owner is None:
            break
        with suppress(ProcessLookupError):
            os.kill(owner, number)
        wait_for_end(owner, END_WITHIN)
        folder.wait_free(END_WITHIN)  # the emulator outlives a killed supervisor for a moment
        owner = folder.owner()
    return found is not None


def state_of(event: Mapping[str, Any]) -> SandboxState:
    """Returns the state in a `kept` event."""
    return SandboxState(**event["state"])
