"""Runs the tasks of ECS as processes of this machine."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from sandbox.sidecar.agent_sessions.session_log import Event, Ship
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace
from sandbox.sidecar.containers.starter import ContainerStarter
from sandbox.sidecar.tasks.faults import TaskFault, TaskFaults
from sandbox.sidecar.tasks.running import RunningTask, Stop
from sandbox.sidecar.tasks.spec import TaskSpec

_INTERRUPTED = Stop("SpotInterruption", "Your Spot Task was interrupted.")


class TaskRunner:
    """At most `most` tasks run at the same time; further ones wait. Only the event loop uses it."""

    def __init__(self, workspace: AgentWorkspace, starter: ContainerStarter, ship: Ship, most: int) -> None:
        self.faults = TaskFaults()
        self._workspace = workspace
        self._starter = starter
        self._ship = ship
        self._slots = asyncio.Semaphore(most)
        self._tasks: dict[str, RunningTask] = {}
        self._running: set[asyncio.Task[None]] = set()

    def all(self) -> list[RunningTask]:
        """The tasks that have not ended, the oldest first."""
        return list(self._tasks.values())

    async def run(self, spec: TaskSpec) -> AsyncIterator[Mapping[str, Any]]:
        """Yields the task's states until it has stopped. It is killed where its caller leaves."""
        task = self._tasks[spec.arn] = RunningTask(spec)
        running = asyncio.create_task(self._run(task))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        try:
            while True:
                state = await task.states.get()
                yield state
                if state["status"] == "STOPPED":
                    return
        finally:
            task.stop(Stop("UserInitiated", "the emulator has ended"))
            if not running.done() and task.status != "STOPPED":
                task.kill()

    def stop(self, arn: str, reason: str) -> bool:
        """Begins to stop a task; returns False where it does not run."""
        if arn not in self._tasks:
            return False
        self._tasks[arn].stop(Stop("UserInitiated", reason))
        return True

    def kill(self, name: str) -> list[int]:
        """Kills the processes of the tasks with that ARN, id or family; returns their ids."""
        wanted = [task for task in self._tasks.values() if name in (task.spec.arn, task.spec.task_id, task.spec.family)]
        return [pid for task in wanted for pid in task.kill()]

    async def close(self) -> None:
        """Ends all tasks at once."""
        for task in self.all():
            task.kill()
        for running in tuple(self._running):
            running.cancel()
        for running in tuple(self._running):
            with suppress(asyncio.CancelledError):
                await running
        self._starter.close()

    async def _run(self, task: RunningTask) -> None:
        slot = asyncio.ensure_future(self._slots.acquire())
        try:
            waits: list[asyncio.Future[Any]] = [slot, task.asked]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if task.asked.done():
                task.end(task.asked.result())
                return
            await self._started(task)
        except Exception as error:
            task.kill()
            task.end(Stop("TaskFailedToStart", f"InternalError: the sandbox failed: {error}"))
            raise
        finally:
            if not slot.cancel():
                self._slots.release()
            self._tasks.pop(task.spec.arn, None)

    async def _started(self, task: RunningTask) -> None:
        fault = self.faults.take(task.spec)
        harming = asyncio.create_task(_harm(task, fault)) if fault else None
        try:
            await task.run(self._workspace, self._starter, self._send)
        finally:
            if harming:
                harming.cancel()
            folder = self._workspace.folder / "tasks" / task.spec.task_id
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _send(self, group: str, stream: str, events: list[Event]) -> None:
        if group:
            await self._ship(group, stream, events)


async def _harm(task: RunningTask, fault: TaskFault) -> None:
    await task.started.wait()
    await asyncio.sleep(fault.after_ms / 1000)
    if fault.name == "interrupt-task":
        task.stop(_INTERRUPTED)
    else:
        task.kill()
