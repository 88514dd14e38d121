"""The supervisor of a sandbox: parent of the emulator, process of the sidecar, owner of the state folder.

It exchanges JSON lines with the `up` that started it: it reads a job and what is deployed, and writes `bound`, `ready`
or `failed`. Until it reads `keep`, the end of its input means that `up` has died, and it ends the sandbox. It is a
daemon, so that it survives the end of the terminal or test process that started it.
"""

import json
import os
import shutil
import signal
import traceback
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from io import FileIO, RawIOBase
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TextIO

from sandbox import children
from sandbox.access.gate import Gate
from sandbox.access.keys import Keys
from sandbox.errors import SandboxCode, SandboxError
from sandbox.messages import Job, ServedFunction
from sandbox.private_files import UMASK
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace
from sandbox.state import SandboxState, StateFolder
from sandbox.supervisor.emulator import Emulator, EmulatorSettings, bind
from sandbox.supervisor.function_servers import FunctionServers
from sandbox.supervisor.sidecar_server import create_sidecar, serve_sidecar

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Supervisor:
    """Starts the emulator and the sidecar, and ends them at the first event that requires it."""

    def __init__(self, job: Job, source: RawIOBase, sink: TextIO) -> None:
        self._job = job
        self._folder = StateFolder(Path(job.state_dir))
        self._source = source
        self._sink = sink
        self._kept = False
        self._keys = Keys.create()
        self._events: SimpleQueue[tuple[str, Any]] = SimpleQueue()

    def run(self) -> None:
        """Blocks until the sandbox ends. Raises SandboxError when it cannot start."""
        # Handlers only queue an event, so that there is one way to end, whose `finally` blocks run.
        for number in _SIGNALS:
            signal.signal(number, lambda received, _frame: self._events.put(("signal", received)))
        with self._folder.acquire() as lock:
            final_state = None
            try:
                final_state = self._run(lock.fileno())
            finally:
                self._folder.clear()
                if final_state:
                    self._folder.write(final_state)

    def _run(self, lock: int) -> SandboxState | None:
        """Runs emulator and sidecar; returns the state to leave in the folder, if any."""
        with bind(self._job.port) as listener, bind(0) as sidecar:
            ports = [bound.getsockname()[1] for bound in (listener, sidecar)]
            endpoint, sidecar_url = (f"http://127.0.0.1:{port}" for port in ports)
            # Sent before the emulator runs: the first call to a bound socket waits in its backlog.
            self._send("bound", endpoint=endpoint, sidecar_url=sidecar_url, keys=asdict(self._keys))
            emulator = Emulator.start(listener, self._settings(sidecar_url), inherited=(lock,))
            agents = self._agents(emulator)
            try:
                servers = FunctionServers(emulator, self._folder.logs / "function-servers.log")
                Thread(target=self._watch_emulator, args=(emulator,), daemon=True).start()
                Thread(target=self._read_input, args=(servers, agents), daemon=True).start()
                app = create_sidecar(self._job.sidecar, agents)
                serve_sidecar(sidecar, Gate(app, self._keys, ports), self._sidecar_ended)
                emulator.wait_ready()
                return self._supervise(self._state(emulator, sidecar_url))
            finally:
                # Before the emulator's folder is removed, in which the sessions work.
                agents.groups.end_all()
                emulator.end()
                children.end_orphans()

    def fail(self, error: SandboxError) -> None:
        """Reports to `up`, if it still reads, why there is no sandbox."""
        self._send("failed", code=error.code, message=error.message)

    def _supervise(self, state: SandboxState) -> SandboxState | None:
        """Blocks until the sandbox must end; returns the state to leave in the folder after an unexpected end."""
        self._send("ready")
        while True:
            event, detail = self._events.get()
            if event == "keep":
                self._kept = True
                state = replace(state, **detail)
                # Written before it is reported: the reader of `kept` may call `status` at once.
                self._folder.write(state)
                self._send("kept", state=state.to_json())
                self._sink.close()  # the caller of `up` may wait for the end of the inherited pipe
            elif event == "died":
                error = f"the {detail}; start again with `longrun up`"
                self.fail(SandboxError(SandboxCode.EMULATOR_DEAD, error))
                return replace(state, running=False, error=error, secret_access_key="") if self._kept else None
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
            access_key_id=self._keys.key_id,
            secret_access_key=self._keys.secret,
        )

    def _settings(self, sidecar_url: str) -> EmulatorSettings:
        return EmulatorSettings(
            python=Path(self._job.emulator_python),
            folder=self._folder.temporary,
            log=self._folder.logs / "emulator.log",
            region=self._job.region,
            sidecar_url=sidecar_url,
            keys=self._keys,
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
        for folder_of_logs in (logs, self._folder.logs / "tasks", self._folder.logs / "functions"):
            shutil.rmtree(folder_of_logs, ignore_errors=True)  # those of the previous sandbox
        return AgentWorkspace(emulator.endpoint, emulator.environment, folder, logs)

    def _read_input(self, servers: FunctionServers, agents: AgentWorkspace) -> None:
        """Reads lines about what was deployed, until one that keeps the sandbox or until `up` ends."""
        while line := self._source.readline():
            match json.loads(line):
                case {"keep": result}:
                    self._events.put(("keep", result))
                    return
                case {"function": function}:
                    with suppress(OSError):  # the emulator has died, which ends the sandbox anyway
                        servers.start(ServedFunction(**function))
                case {"package": {"bucket": bucket, "key": key, "tree": tree}}:
                    agents.store(bucket, key, Path(tree))
                case {"tree": {"tree": tree}}:
                    agents.add_tree(Path(tree))
                case {"runtime": {"arn": arn, "endpoint": endpoint}}:
                    agents.prepare(arn, endpoint)
        self._events.put(("abandoned", None))

    def _send(self, event: str, **detail: object) -> None:
        if not self._sink.closed:
            with suppress(BrokenPipeError):  # `_read_input` notices that `up` has died
                print(json.dumps({"event": event, **detail}), file=self._sink, flush=True)


def main() -> None:
    """Reads the job, becomes a daemon, and reports a failure to start as a line of output."""
    source = FileIO(0, closefd=False)  # unbuffered: a thread that blocks in a buffered reader prevents the exit
    job = Job(**json.loads(source.readline()))
    # The fork lets `up` wait for this process without waiting for the sandbox; setsid detaches it from the terminal.
    if os.fork():
        os._exit(0)
    os.setsid()
    os.umask(UMASK)  # of the emulator, the functions and the sessions too
    children.adopt_orphans()
    sink = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # other output goes to the log
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
