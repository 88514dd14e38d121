"""The routes of the task runner: for the emulator, which starts and stops tasks, and for fault injection."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.access.keys import Keys
from sandbox.sidecar.agent_sessions.emulator_calls import EmulatorCalls
from sandbox.sidecar.agent_sessions.session_log import LogShipper
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace
from sandbox.sidecar.containers.images import Images
from sandbox.sidecar.containers.program import ContainerHost
from sandbox.sidecar.containers.starter import ContainerStarter
from sandbox.sidecar.settings import SettingsError, SidecarSettings
from sandbox.sidecar.tasks.faults import TaskFault
from sandbox.sidecar.tasks.runner import TaskRunner
from sandbox.sidecar.tasks.running import RunningTask
from sandbox.sidecar.tasks.spec import TaskSpec

BASE = "/_longrun/tasks"
FARGATE = ContainerHost(MappingProxyType({"AWS_EXECUTION_ENV": "AWS_ECS_FARGATE"}))


class TaskService:
    """Routes under /_longrun/tasks, and /_longrun/images."""

    def __init__(self, runner: TaskRunner, workspace: AgentWorkspace) -> None:
        self._runner = runner
        self._workspace = workspace

    @classmethod
    def create(cls, workspace: AgentWorkspace, settings: SidecarSettings) -> "TaskService":
        """Uses the emulator's CloudWatch Logs."""
        variables = workspace.environment
        calls = EmulatorCalls(workspace.endpoint, variables["AWS_DEFAULT_REGION"], Keys.from_environment(variables))
        starter = ContainerStarter(workspace, Images(workspace), FARGATE, "task-servers")
        return cls(TaskRunner(workspace, starter, LogShipper(calls).ship, settings.max_tasks), workspace)

    def routes(self) -> list[Route]:
        return [
            Route(BASE, self._list, methods=["GET"]),
            Route(BASE, self._run, methods=["POST"]),
            Route(f"{BASE}/stop", self._stop, methods=["POST"]),
            Route(f"{BASE}/faults", self._faults, methods=["GET", "POST", "DELETE"]),
            Route(f"{BASE}/{{name:path}}/kill", self._kill, methods=["POST"]),
            Route("/_longrun/images", self._image, methods=["POST"]),
        ]

    async def close(self) -> None:
        await self._runner.close()

    async def _list(self, _: Request) -> Response:
        return JSONResponse({"tasks": [_shown(task) for task in self._runner.all()]})

    async def _run(self, request: Request) -> Response:
        """One line of JSON for each state of the task, until it has stopped."""
        spec = TaskSpec.parse(await request.json())

        async def lines() -> AsyncIterator[str]:
            async for state in self._runner.run(spec):
                yield json.dumps(state) + "\n"

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    async def _stop(self, request: Request) -> Response:
        asked = await request.json()
        return JSONResponse({"stopping": self._runner.stop(asked["arn"], asked["reason"])})

    async def _kill(self, request: Request) -> Response:
        """Kills the processes of the tasks with that ARN, id or family; 404 where none runs."""
        name = request.path_params["name"]
        if killed := self._runner.kill(name):
            return JSONResponse({"killed": killed})
        return JSONResponse({"error": f"No task {name} is running.", "code": "UNKNOWN_TASK"}, 404)

    async def _faults(self, request: Request) -> Response:
        faults = self._runner.faults
        if request.method == "DELETE":
            faults.clear()
        elif request.method == "POST":
            try:
                faults.add(TaskFault.parse(await request.json()))
            except (SettingsError, ValueError, AttributeError) as error:
                return JSONResponse({"error": str(error), "code": "INVALID_FAULT"}, 400)
        return JSONResponse({"faults": faults.pending()})

    async def _image(self, request: Request) -> Response:
        """Names the folder from which an image runs."""
        asked: dict[str, Any] = await request.json()
        image, folder = str(asked.get("image", "")), Path(str(asked.get("folder", "")))
        if not image or not folder.is_absolute() or not await asyncio.to_thread(folder.is_dir):
            message = 'Give "image" as the address of an image and "folder" as the absolute path of a folder.'
            return JSONResponse({"error": message, "code": "INVALID_IMAGE"}, 400)
        self._workspace.store_image(image, folder)
        return JSONResponse({"image": image, "folder": str(folder)})


def _shown(task: RunningTask) -> dict[str, Any]:
    return {
        "arn": task.spec.arn,
        "family": task.spec.family,
        "status": task.status,
        "pids": task.pids,
        "accepted_at": task.accepted_at.isoformat(timespec="milliseconds"),
    }
