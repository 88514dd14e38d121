"""One start of a sandbox: runs the emulator and the program concurrently, until the supervisor takes over."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from sandbox.emulator_access import PREFERRED_PORT
from sandbox.errors import SandboxCode, SandboxError
from sandbox.lifecycle.environments import Environments
from sandbox.lifecycle.program import ProgramProcess, failure
from sandbox.lifecycle.supervisor_client import SupervisorClient, end_owner, state_of
from sandbox.messages import Job
from sandbox.paths import REPOSITORY, default_state_dir, home
from sandbox.program.config import ProgramConfig, for_sandbox
from sandbox.state import SandboxState, StateFolder

SUPERVISOR_EVENTS = frozenset({"function", "package", "runtime", "tree"})
"""Events of the deployment that are passed on to the supervisor."""

WEBSOCKET_OUTPUT = "websocket_url"
SUPERVISOR_REASON_WITHIN = 0.5
"""Seconds to wait after a failed deployment: when the supervisor reports a dead emulator, that is the cause."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A progress message of `up`; `stage` is environments, emulator, program, deployment, warm-up or ready."""

    stage: str
    message: str


Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class UpOptions:
    """`port`: None is 4600 or else a free one (only 4600 for an `empty` sandbox), 0 is any free one. `config` overrides
    the program's configuration, `sidecar` has fields of SidecarSettings, `upload` sends whole packages. `time_scale`,
    more than 0 and up to 1, shortens the waits and retry pauses of state machines by that factor."""

    root: Path = REPOSITORY
    state_dir: Path = field(default_factory=default_state_dir)
    home: Path = field(default_factory=home)
    stack: str = "local"
    port: int | None = None
    empty: bool = False
    upload: bool = False
    config: Mapping[str, str] = field(default_factory=dict)
    sidecar: Mapping[str, Any] = field(default_factory=dict)
    time_scale: float = 1.0


class Start:
    """Reads the events of the supervisor and of the program from one queue; their modules document them."""

    def __init__(
        self,
        options: UpOptions,
        config: ProgramConfig,
        environments: Environments,
        folder: StateFolder,
        report: Report,
    ) -> None:
        self._options = options
        self._config = config
        self._environments = environments
        self._folder = folder
        self._report = report
        self._program_done = False
        self._events: SimpleQueue[Mapping[str, Any]] = SimpleQueue()

    def empty(self) -> SandboxState:
        """Starts a sandbox without a deployment, for the Pulumi command line."""
        with self._supervisor() as supervisor:
            self._bound()
            self._await("ready")
            return self._kept(supervisor, {})

    def full(self) -> SandboxState:
        """Starts a sandbox, deploys the program to it and warms up its functions."""
        self._folder.make()
        # The program's process starts first: it imports Pulumi while the emulator starts.
        with ProgramProcess.start(self._log, self._on_program_event) as program, self._supervisor() as supervisor:
            bound = self._bound()
            endpoint = bound["endpoint"]
            config = for_sandbox(self._config, endpoint, self._options.config)
            deployment = {
                "endpoint": endpoint,
                "keys": bound["keys"],
                "python": str(self._environments.functions),
                "upload": self._options.upload,
            }
            self._report(Progress("program", f"running {self._options.root.name}/__main__.py"))
            program.run(self._options.root, config, deployment)
            outputs = self._await("done", supervisor)["outputs"]
            return self._kept(supervisor, outputs)

    @property
    def _log(self) -> Path:
        return self._folder.logs / "program.log"

    def _supervisor(self) -> SupervisorClient:
        self._report(Progress("emulator", "starting MiniStack and the model's sidecar"))
        port = PREFERRED_PORT if self._options.empty and self._options.port is None else self._options.port
        job = Job(
            state_dir=str(self._folder.path),
            emulator_python=str(self._environments.emulator),
            region=self._config.region,
            port=port,
            sidecar=dict(self._options.sidecar),
            time_scale=self._options.time_scale,
        )
        return SupervisorClient.start(job, self._folder, self._events.put)

    def _bound(self) -> Mapping[str, Any]:
        bound = self._await("bound")
        self._report(Progress("emulator", f"MiniStack at {bound['endpoint']}, model at {bound['sidecar_url']}"))
        return bound

    def _kept(self, supervisor: SupervisorClient, outputs: Mapping[str, Any]) -> SandboxState:
        supervisor.keep(outputs, outputs.get(WEBSOCKET_OUTPUT))
        try:
            state = state_of(self._await("kept"))
        # BaseException: Ctrl-C must end the sandbox too.
        except BaseException:
            end_owner(self._folder)  # the supervisor may already have got `keep`, and would then live on
            raise
        self._report(Progress("ready", state.websocket_url or state.endpoint))
        return state

    def _on_program_event(self, event: Mapping[str, Any]) -> None:
        """Renames the program's `failed` and `closed`, because the supervisor sends the same. Drops `closed` after a
        result."""
        self._program_done = self._program_done or event["event"] == "done"
        if event["event"] in ("failed", "closed"):
            event = {**event, "event": f"program {event['event']}"}
        if event["event"] != "program closed" or not self._program_done:
            self._events.put(event)

    def _await(self, name: str, supervisor: SupervisorClient | None = None) -> Mapping[str, Any]:
        """Returns the next event of that name. Passes events of the deployment on to the supervisor."""
        while True:
            event = self._events.get()
            if event["event"] == name:
                return event
            if event["event"] in SUPERVISOR_EVENTS and supervisor:
                supervisor.notify(event["event"], event[event["event"]])
            if event["event"] == "progress":
                self._report(Progress(event["stage"], event["message"]))
            self._raise_failure(event)

    def _raise_failure(self, event: Mapping[str, Any]) -> None:
        match event["event"]:
            case "failed":
                raise SandboxError(event["code"], event["message"])
            case "closed":
                message = f"the sandbox ended while it started; its logs are in {self._folder.logs}"
                raise SandboxError(SandboxCode.EMULATOR_DEAD, message)
            case "program failed" | "program closed":
                self._raise_supervisors_reason()
                raise failure({**event, "event": event["event"].removeprefix("program ")}, self._log)

    def _raise_supervisors_reason(self) -> None:
        with suppress(Empty):
            while True:
                event = self._events.get(timeout=SUPERVISOR_REASON_WITHIN)
                if event["event"] in ("failed", "closed"):
                    self._raise_failure(event)
