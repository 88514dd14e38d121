"""Runs the Pulumi program in a new process, to deploy it; starts and kills the processes of programs."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxCode, SandboxError
from sandbox.json_lines import JsonLines, Listener
from sandbox.private_files import open_private_log
from sandbox.program.config import ProgramConfig

_UNEXPECTED = (SandboxCode.PROGRAM_FAILED, SandboxCode.DEPLOYMENT_FAILED)


def failure(event: Mapping[str, Any], log: Path) -> SandboxError:
    """Returns the error for an event `failed`, or for an end without a result."""
    if event["event"] == "failed":
        # An error that the program raised for its user needs no traceback.
        hint = f" (traceback in {log})" if event["code"] in _UNEXPECTED else ""
        return SandboxError(event["code"], event["message"].rstrip(".") + hint)
    return SandboxError(SandboxCode.PROGRAM_FAILED, f"the program's process ended without a result; its log is {log}")


class ProgramProcess:
    """It ends with this process. A context manager, so that no exception leaves it running."""

    def __init__(self, process: "subprocess.Popen[str]", listener: Listener) -> None:
        self._process = process
        self._channel = JsonLines(process, listener)

    @classmethod
    def start(cls, log: Path, listener: Listener) -> "ProgramProcess":
        """It imports Pulumi and waits for `run`. `listener` is called from a thread; `closed` is the last event."""
        # -P: see SupervisorClient.
        command = [sys.executable, "-P", "-m", "sandbox.deployment.main"]
        return cls(start_program(command, account_free_environment(), log), listener)

    def run(self, root: Path, config: ProgramConfig, deployment: Mapping[str, Any]) -> None:
        """Starts it; the events `done` and `failed` carry the result."""
        self._channel.send({"root": str(root.resolve()), "config": asdict(config), "deployment": deployment})

    def __enter__(self) -> "ProgramProcess":
        return self

    def __exit__(self, *_: object) -> None:
        kill_program(self._process)
        self._channel.close_input()
        self._process.wait()
        self._channel.join(5.0)


def start_program(command: Sequence[str], environment: Mapping[str, str], log: Path) -> "subprocess.Popen[str]":
    """Starts a process that runs a program, with pipes for its input and output and the log for its errors."""
    with open_private_log(log) as errors:
        # Its own group, because the program may start installers.
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            process_group=0,
        )


def kill_program(process: "subprocess.Popen[str]") -> None:
    """Kills it with all that it has started, such as an installer."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def account_free_environment() -> dict[str, str]:
    """Returns the user's environment, which package builds need, without any access to a real account."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_"))}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
