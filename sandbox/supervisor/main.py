"""The process behind a sandbox: parent of the emulator, host of the sidecar, owner of the state folder.

It speaks JSON lines with the `up` that started it: a job and what it deploys come in, `bound`, `ready` or `failed`
go out, and until `up` answers `keep` the end of its input means that `up` has died, and the sandbox with it. Started as
a daemon, so that the end of a terminal or of a test process is not its own.
"""

import json
import os
import shutil
import signal
import traceback
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from io import FileIO, RawIOBase
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TextIO

from sandbox.errors import SandboxCode, SandboxError
from sandbox.messages import Job, ServedFunction
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace
from sandbox.state import SandboxState, StateFolder
from sandbox.supervisor.emulator import Emulator, EmulatorSettings, adopt_orphans, bind
from sandbox.supervisor.function_servers import FunctionServers
from sandbox.supervisor.sidecar_server import serve_sidecar

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Supervisor:
    """Starts the emulator, then waits for the first reason to end it."""

    def __init__(self, job: Job, source: RawIOBase, sink: TextIO) -> None:
        self._job = job
        self._folder = StateFolder(Path(job.state_dir))
        self._source = source
        self._sink = sink
        self._kept = False
        self._events: SimpleQueue[tuple[str, Any]] = SimpleQueue()

    def run(self) -> None:
        """Blocks for the life of the sandbox. Raises SandboxError when it cannot start."""
        for number in _SIGNALS:
            signal.signal(number, lambda received, _frame: self._events.put(("signal", received)))
        with self._folder.acquire() as lock:
            epitaph = None
            try:
                epitaph = self._run(lock.fileno())
            finally:
                self._folder.clear()
                if epitaph:
                    self._folder.write(epitaph)

    def _run(self, lock: int) -> SandboxState | None:
        """Emulator and sidecar, from the first to the last moment; the state to leave behind, if any."""
        with bind(self._job.port) as listener, bind(0) as sidecar:
            sidecar_url = f"http://127.0.0.1:{sidecar.getsockname()[1]}"
            self._say("bound", endpoint=f"http://127.0.0.1:{listener.getsockname()[1]}", sidecar_url=sidecar_url)
            emulator = Emulator.start(listener, self._settings(sidecar_url), inherited=(lock,))
            agents = self._agents(emulator)
            try:
                servers = FunctionServers(emulator, self._folder.logs / "function-servers.log")
                Thread(target=self._watch_emulator, args=(emulator,), daemon=True).start()
                Thread(target=self._read_input, args=(servers, agents), daemon=True).start()
                serve_sidecar(sidecar, self._job.sidecar, agents, self._sidecar_ended)
                emulator.wait_ready()
                return self._supervise(self._state(emulator, sidecar_url))
            finally:
                agents.groups.end_all()
                emulator.end()

    def fail(self, error: SandboxError) -> None:
        """Tells `up`, if it still listens, why there is no sandbox."""
        self._say("failed", code=error.code, message=error.message)

    def _supervise(self, state: SandboxState) -> SandboxState | None:
        """Waits for the first reason to end."""
        self._say("ready")
        while True:
            event, detail = self._events.get()
            if event == "keep":
                self._kept = True
                state = replace(state, **detail)
                self._folder.write(state)
                self._say("kept", state=state.to_json())
                self._sink.close()  # whoever called `up` must see the end of our output
            elif event == "died":
                error = f"the {detail}; start again with `longrun up`"
                self.fail(SandboxError(SandboxCode.EMULATOR_DEAD, error))
                return replace(state, running=False, error=error) if self._kept else None
            else:
                return None

    def _state(self, emulator: Emulator, sidecar_url: str) -> SandboxState:
        return SandboxState(
            running=True,
            endpoint=emulator.endpoint,
            sidecar_url=sidecar_url,
            region=self._job.region,
            pids={"supervisor": os.getpid(), "emulator": emulator.pid},
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def _settings(self, sidecar_url: str) -> EmulatorSettings:
        return EmulatorSettings(
            python=Path(self._job.emulator_python),
            folder=self._folder.temporary,
            log=self._folder.logs / "emulator.log",
            region=self._job.region,
            sidecar_url=sidecar_url,
            time_scale=self._job.time_scale,
        )

    def _watch_emulator(self, emulator: Emulator) -> None:
        code = emulator.wait_exit()
        cause = f"signal {-code}" if code < 0 else f"exit code {code}"
        self._events.put(("died", f"emulator ended unexpectedly ({cause})"))

    def _sidecar_ended(self) -> None:
        log = self._folder.logs / "supervisor.log"
        self._events.put(("died", f"model's sidecar ended unexpectedly (its log is {log})"))

    def _agents(self, emulator: Emulator) -> AgentWorkspace:
        folder, logs = emulator.folder / "agentcore", self._folder.logs / "agentcore"
        shutil.rmtree(logs, ignore_errors=True)  # a file for each session of the sandbox before
        return AgentWorkspace(emulator.endpoint, emulator.environment, folder, logs)

    def _read_input(self, servers: FunctionServers, agents: AgentWorkspace) -> None:
        """Lines that tell what was deployed, then one to keep the sandbox or the end of the process that would send
        it."""
        while line := self._source.readline():
            match json.loads(line):
                case {"keep": result}:
                    self._events.put(("keep", result))
                    return
                case {"function": function}:
                    with suppress(OSError):  # the emulator has died, which ends all this anyway
                        servers.start(ServedFunction(**function))
                case {"package": {"bucket": bucket, "key": key, "tree": tree}}:
                    agents.store(bucket, key, Path(tree))
                case {"runtime": {"arn": arn, "endpoint": endpoint}}:
                    agents.prepare(arn, endpoint)
        self._events.put(("abandoned", None))

    def _say(self, event: str, **detail: object) -> None:
        if not self._sink.closed:
            with suppress(BrokenPipeError):  # its death is told by the end of our input
                print(json.dumps({"event": event, **detail}), file=self._sink, flush=True)


def main() -> None:
    """Reads the job, becomes a daemon, and reports a failure to start as a line of output."""
    source = FileIO(0, closefd=False)  # unbuffered: a thread that waits in a buffered reader blocks the exit
    job = Job(**json.loads(source.readline()))
    if os.fork():
        os._exit(0)
    os.setsid()
    adopt_orphans()
    sink = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else is printed belongs in the log
    supervisor = Supervisor(job, source, sink)
    try:
        supervisor.run()
    except SandboxError as error:
        supervisor.fail(error)
    except Exception as error:
        traceback.print_exc()
        supervisor.fail(SandboxError(SandboxCode.EMULATOR_DEAD, f"the sandbox ended unexpectedly: {error}"))


if __name__ == "__main__":
    main()
