"""One task from its acceptance to its end."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sandbox.sidecar.agent_sessions.session_log import SessionLog, Ship
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace
from sandbox.sidecar.containers.environment import make_folders
from sandbox.sidecar.containers.process import ContainerProcess
from sandbox.sidecar.containers.program import StartError
from sandbox.sidecar.containers.starter import ContainerStarter
from sandbox.sidecar.tasks.spec import ContainerEnd, ContainerSpec, TaskSpec

EXITED: Final = "Essential container in task exited"
_DRAIN_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a task ends: `code` is ECS's stopCode."""

    code: str
    reason: str


@dataclass(eq=False, slots=True)
class _Container:
    spec: ContainerSpec
    process: ContainerProcess
    log: SessionLog


class RunningTask:
    """`states` are what the emulator is told, the last one has the status STOPPED; only the event loop uses it."""

    def __init__(self, spec: TaskSpec) -> None:
        self.spec = spec
        self.status = "PROVISIONING"
        self.accepted_at = datetime.now(UTC)
        self.states: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self.asked: asyncio.Future[Stop] = asyncio.get_running_loop().create_future()
        self.started = asyncio.Event()
        self._containers: list[_Container] = []

    @property
    def pids(self) -> list[int]:
        """The processes that run."""
        return [one.process.pid for one in self._containers if not one.process.ended.done()]

    def stop(self, stop: Stop) -> None:
        """Begins to stop the task; a second call has no effect."""
        if not self.asked.done():
            self.asked.set_result(stop)

    def kill(self) -> list[int]:
        """Kills the processes, as the kernel does when memory runs out; returns their ids."""
        killed = self.pids
        for one in self._containers:
            one.process.kill()
        return killed

    def tell(self, status: str, **details: object) -> None:
        self.status = status
        self.states.put_nowait({"status": status, **details})

    async def run(self, workspace: AgentWorkspace, starter: ContainerStarter, ship: Ship) -> None:
        """Starts the containers and returns when all have ended."""
        self.tell("PENDING")
        folder = workspace.folder / "tasks" / self.spec.task_id
        try:
            await self._start(workspace, starter, ship, folder)
        except StartError as error:
            self.kill()
            await self._finish(workspace, Stop("TaskFailedToStart", str(error)))
            return
        self.tell("RUNNING")
        self.started.set()
        essential = [one.process.ended for one in self._containers if one.spec.essential]
        waits: list[asyncio.Future[Any]] = [self.asked, *essential]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        exited = any(ended.done() for ended in essential)
        stop = Stop("EssentialContainerExited", EXITED) if exited else self.asked.result()
        await asyncio.gather(*(_terminate(one) for one in self._containers))
        await self._finish(workspace, stop)

    def end(self, stop: Stop) -> None:
        """Ends a task of which nothing has started."""
        ends = [ContainerEnd(one.name, None) for one in self.spec.containers]
        self._tell_end(stop, ends)

    async def _start(self, workspace: AgentWorkspace, starter: ContainerStarter, ship: Ship, folder: Path) -> None:
        await asyncio.to_thread(make_folders, folder)
        for spec in self.spec.containers:
            process = await starter.start(spec, folder)
            log = self._log(workspace, spec, ship)
            self._containers.append(_Container(spec, process, log))
            await log.follow(process.output)

    def _log(self, workspace: AgentWorkspace, spec: ContainerSpec, ship: Ship) -> SessionLog:
        group = spec.log.group if spec.log else ""
        log = SessionLog(workspace.logs.parent / "tasks", group, f"{spec.name}-{self.spec.task_id}", ship)
        log.stream = spec.log.stream if spec.log else ""
        return log

    async def _finish(self, workspace: AgentWorkspace, stop: Stop) -> None:
        ends = []
        for one in self._containers:
            code = await one.process.ended
            workspace.groups.end(one.process.pid)
            await one.log.drain(_DRAIN_SECONDS)
            await one.log.close()
            ends.append(ContainerEnd(one.spec.name, code))
        started = {end.name for end in ends}
        missing = [one.name for one in self.spec.containers if one.name not in started]
        ends += [ContainerEnd(name, None, stop.reason) for name in missing]
        self._tell_end(stop, ends)

    def _tell_end(self, stop: Stop, ends: list[ContainerEnd]) -> None:
        self.tell("STOPPED", code=stop.code, reason=stop.reason, containers=[end.to_json() for end in ends])


async def _terminate(one: _Container) -> None:
    """SIGTERM, and after the container's stopTimeout SIGKILL."""
    one.process.terminate()
    ended, _ = await asyncio.wait([one.process.ended], timeout=one.spec.stop_seconds)
    if not ended:
        one.process.kill()
        await one.process.ended
