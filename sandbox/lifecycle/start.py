"""One start of a sandbox: emulator and program at the same time, until the supervisor keeps what stands."""

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

TOLD = frozenset({"function", "package", "runtime"})
"""Events of the deployment that are the supervisor's business."""

WEBSOCKET_OUTPUT = "websocket_url"
LAST_WORDS_WITHIN = 0.5
"""Seconds in which the supervisor tells that the emulator died, when a deployment fails: that is the better reason."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One thing that `up` does now; `stage` is environments, emulator, program, deployment, warm-up or ready."""

    stage: str
    message: str


Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class UpOptions:
    """`port` None means 4600 or else a free one (4600 only, for an `empty` sandbox), 0 any free one. `config` holds
    further `key=value` of the program, `sidecar` fields of SidecarSettings; `upload` sends whole packages.
    `time_scale` over 0 to 1: the part of their time that waits and retry pauses of state machines take."""

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
    """What the supervisor and the program say meets in one queue; the events are theirs (see their modules)."""

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
        """A sandbox without deployment, for the Pulumi command line."""
        with self._supervisor() as supervisor:
            self._bound()
            self._await("ready")
            return self._kept(supervisor, {})

    def full(self) -> SandboxState:
        """A sandbox with the program deployed to it and its functions warm."""
        self._folder.logs.mkdir(parents=True, exist_ok=True)
        # The program's process first: it imports Pulumi while the emulator starts.
        with ProgramProcess.start(self._log, self._hear_program) as program, self._supervisor() as supervisor:
            endpoint = self._bound()
            config = for_sandbox(self._config, endpoint, self._options.config)
            deployment = {
                "endpoint": endpoint,
                "python": str(self._environments.functions),
                "upload": self._options.upload,
            }
            self._report(Progress("program", f"running {self._options.root.name}/__main__.py"))
            program.run(self._options.root, config, "deploy", deployment)
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

    def _bound(self) -> str:
        bound = self._await("bound")
        self._report(Progress("emulator", f"MiniStack at {bound['endpoint']}, model at {bound['sidecar_url']}"))
        return str(bound["endpoint"])

    def _kept(self, supervisor: SupervisorClient, outputs: Mapping[str, Any]) -> SandboxState:
        supervisor.keep(outputs, outputs.get(WEBSOCKET_OUTPUT))
        try:
            state = state_of(self._await("kept"))
        except BaseException:
            end_owner(self._folder)  # interrupted when the supervisor may already count on living on
            raise
        self._report(Progress("ready", state.websocket_url or state.endpoint))
        return state

    def _hear_program(self, event: Mapping[str, Any]) -> None:
        """Tells its end from the supervisor's. After its result the program's end means nothing."""
        self._program_done = self._program_done or event["event"] == "done"
        if event["event"] in ("failed", "closed"):
            event = {**event, "event": f"program {event['event']}"}
        if event["event"] != "program closed" or not self._program_done:
            self._events.put(event)

    def _await(self, name: str, supervisor: SupervisorClient | None = None) -> Mapping[str, Any]:
        """The next event of that name; until then the supervisor is told what has been made."""
        while True:
            event = self._events.get()
            if event["event"] == name:
                return event
            if event["event"] in TOLD and supervisor:
                supervisor.tell(event["event"], event[event["event"]])
            if event["event"] == "progress":
                self._report(Progress(event["stage"], event["message"]))
            self._refuse(event)

    def _refuse(self, event: Mapping[str, Any]) -> None:
        match event["event"]:
            case "failed":
                raise SandboxError(event["code"], event["message"])
            case "closed":
                message = f"the sandbox ended while it started; its logs are in {self._folder.logs}"
                raise SandboxError(SandboxCode.EMULATOR_DEAD, message)
            case "program failed" | "program closed":
                self._prefer_supervisors_reason()
                raise failure({**event, "event": event["event"].removeprefix("program ")}, self._log)

    def _prefer_supervisors_reason(self) -> None:
        with suppress(Empty):
            while True:
                event = self._events.get(timeout=LAST_WORDS_WITHIN)
                if event["event"] in ("failed", "closed"):
                    self._refuse(event)
