"""The life of a sandbox: up, down, status. The command line and the tests stand on these three."""

import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from sandbox.emulator import PREFERRED_PORT
from sandbox.environments import Environments, ensure_environments
from sandbox.errors import SandboxCode, SandboxError
from sandbox.paths import REPOSITORY, default_state_dir, home
from sandbox.state import SandboxState, StateFolder
from sandbox.supervisor import Job
from sandbox.supervisor_client import SupervisorClient, state_of

DOWN_WITHIN = 10.0
"""Seconds that a supervisor has to end everything before it is ended itself."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One thing that `up` does now; `stage` is environments, emulator, program, deployment, warm-up or ready."""

    stage: str
    message: str


Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class UpOptions:
    """`port` None means 4600 or else a free one (4600 only, for an `empty` sandbox), 0 any free one. `config` holds
    further `key=value` of the program, `sidecar` fields of SidecarSettings; `upload` sends whole packages."""

    root: Path = REPOSITORY
    state_dir: Path = field(default_factory=default_state_dir)
    home: Path = field(default_factory=home)
    stack: str = "local"
    port: int | None = None
    empty: bool = False
    upload: bool = False
    config: Mapping[str, str] = field(default_factory=dict)
    sidecar: Mapping[str, Any] = field(default_factory=dict)


def status(state_dir: Path) -> SandboxState | None:
    """The sandbox of this folder; None when there is none, `running` False with the reason when it died."""
    folder = StateFolder(state_dir)
    state = folder.read()
    if state is None or not state.running or folder.owner() is not None:
        return state
    error = "the sandbox's supervisor was ended from outside; start again with `longrun up`"
    return SandboxState(**{**state.to_json(), "running": False, "error": error})


def down(state_dir: Path) -> bool:
    """Ends the sandbox and everything in it, and returns when it has gone; False when there was nothing to end."""
    folder = StateFolder(state_dir)
    owner = folder.owner()
    found = owner is not None or folder.read() is not None
    for number in (signal.SIGTERM, signal.SIGKILL):
        if owner is None:
            break
        with suppress(ProcessLookupError):
            os.kill(owner, number)
        folder.wait_free(DOWN_WITHIN)
        owner = folder.owner()
    folder.clear()
    return found


def up(options: UpOptions, report: Report) -> SandboxState:
    """Starts a sandbox and deploys the program to it; on any failure or interruption nothing is left of it.

    Raises SandboxError.
    """
    folder = StateFolder(options.state_dir)
    _refuse_second(folder)
    environments = ensure_environments(
        options.root, options.home, lambda message: report(Progress("environments", message))
    )
    return _Start(options, folder, report).run(environments)


def _refuse_second(folder: StateFolder) -> None:
    state = status(folder.path)
    if state and state.running:
        raise SandboxError(
            SandboxCode.ALREADY_RUNNING,
            f"a sandbox already runs at {state.endpoint} ({folder.path}); stop it with `longrun down`, "
            "or start another with --state and --port",
        )
    if state:
        folder.wait_free(DOWN_WITHIN)
        folder.clear()  # what a dead sandbox left


class _Start:
    """One `up`: what the supervisor and the program say meets in one queue."""

    def __init__(self, options: UpOptions, folder: StateFolder, report: Report) -> None:
        self._options = options
        self._folder = folder
        self._report = report
        self._events: SimpleQueue[Mapping[str, Any]] = SimpleQueue()

    def run(self, environments: Environments) -> SandboxState:
        self._report(Progress("emulator", "starting MiniStack and the model's sidecar"))
        supervisor = SupervisorClient.start(self._job(environments), self._folder, self._events.put)
        try:
            bound = self._await("bound")
            self._report(Progress("emulator", f"MiniStack at {bound['endpoint']}, model at {bound['sidecar_url']}"))
            self._await("ready")
            supervisor.keep({}, None)
            return state_of(self._await("kept"))
        finally:
            supervisor.close()

    def _job(self, environments: Environments) -> Job:
        port = PREFERRED_PORT if self._options.empty and self._options.port is None else self._options.port
        return Job(
            state_dir=str(self._folder.path),
            emulator_python=str(environments.emulator),
            region="us-east-1",
            port=port,
            sidecar=dict(self._options.sidecar),
        )

    def _await(self, name: str) -> Mapping[str, Any]:
        while True:
            event = self._events.get()
            if event["event"] == name:
                return event
            if event["event"] == "failed":
                raise SandboxError(SandboxCode(event["code"]), event["message"])
            if event["event"] == "closed":
                raise SandboxError(
                    SandboxCode.EMULATOR_DEAD,
                    f"the sandbox ended while it started; its logs are in {self._folder.logs}",
                )
