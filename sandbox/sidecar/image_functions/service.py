"""The routes of functions whose package is an image: for the emulator, which invokes them, and to look at them."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.access.keys import Keys
from sandbox.sidecar.agent_sessions.emulator_calls import EmulatorCalls
from sandbox.sidecar.agent_sessions.session_log import LogShipper, Ship
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace
from sandbox.sidecar.containers.images import Images
from sandbox.sidecar.containers.starter import ContainerStarter
from sandbox.sidecar.image_functions.app_requests import is_http
from sandbox.sidecar.image_functions.calls import FunctionCall
from sandbox.sidecar.image_functions.environment import FunctionEnvironment, Parts
from sandbox.sidecar.image_functions.function import ImageFunction
from sandbox.sidecar.image_functions.pool import FunctionPool, PoolLimits
from sandbox.sidecar.image_functions.runtime_api import RuntimeApi
from sandbox.sidecar.image_functions.variables import LAMBDA
from sandbox.sidecar.settings import SettingsError, SidecarSettings

BASE: Final = "/_longrun/functions"
ADAPTER: Final = "LONGRUN_WEB_ADAPTER"
_END_SECONDS: Final = 1.0


class ImageFunctionService:
    """Routes under /_longrun/functions."""

    def __init__(self, parts: Parts, limits: PoolLimits) -> None:
        self.parts = parts
        self.limits = limits
        self._pools: dict[str, FunctionPool] = {}
        self._calls: set[asyncio.Task[None]] = set()

    @classmethod
    def create(
        cls, workspace: AgentWorkspace, settings: SidecarSettings, ship: Ship | None = None
    ) -> "ImageFunctionService":
        """Sends logs to the emulator's CloudWatch Logs. Raises SettingsError where there is no web adapter at the place
        that is set."""
        if ship is None:
            variables = workspace.environment
            keys = Keys.from_environment(variables)
            ship = LogShipper(EmulatorCalls(workspace.endpoint, variables["AWS_DEFAULT_REGION"], keys)).ship
        starter = ContainerStarter(workspace, Images(workspace), LAMBDA, "function-image-servers")
        return cls(
            Parts(workspace, starter, RuntimeApi(), ship, _adapter(settings)), PoolLimits(settings.max_environments)
        )

    def routes(self) -> list[Route]:
        return [
            Route(BASE, self._list, methods=["GET"]),
            Route(f"{BASE}/invocations", self._invoke, methods=["POST"]),
            Route(f"{BASE}/{{name}}/kill", self._kill, methods=["POST"]),
        ]

    async def close(self) -> None:
        for call in self._calls:
            call.cancel()
        if self._calls:
            await asyncio.wait(self._calls, timeout=_END_SECONDS)
        for pool in self._pools.values():
            await pool.close()
        await self.parts.runtime_api.close()
        self.parts.starter.close()

    async def _invoke(self, request: Request) -> Response:
        asked: dict[str, Any] = await request.json()
        function = ImageFunction.parse(asked["function"])
        call = FunctionCall(function, asked)
        running = asyncio.create_task(call.run(self._pool(function)))
        self._calls.add(running)
        running.add_done_callback(self._calls.discard)
        return StreamingResponse(call.lines(), media_type="application/x-ndjson")

    async def _list(self, _: Request) -> Response:
        shown = [_shown(one) for pool in self._pools.values() for one in pool.all()]
        return JSONResponse({"environments": shown})

    async def _kill(self, request: Request) -> Response:
        """Kills the processes of a function; 404 where none runs."""
        name = request.path_params["name"]
        pool = self._pools.get(name)
        killed = [pid for one in (pool.all() if pool else ()) for pid in one.kill()]
        if killed:
            return JSONResponse({"killed": killed})
        return JSONResponse({"error": f"No environment of {name} is running.", "code": "UNKNOWN_FUNCTION"}, 404)

    def _pool(self, function: ImageFunction) -> FunctionPool:
        if function.name not in self._pools:
            self._pools[function.name] = FunctionPool(self._create, self.limits)
        return self._pools[function.name]

    def _create(self, function: ImageFunction) -> FunctionEnvironment:
        return FunctionEnvironment(function, self.parts)


def _shown(environment: FunctionEnvironment) -> dict[str, Any]:
    """`serves` is `request` or `event`, and null for an environment that waits for one."""
    serves = None
    if environment.serving is not None:
        serves = "request" if is_http(json.loads(environment.serving.event)) else "event"
    return {"function": environment.function.name, "pids": environment.pids, "serves": serves}


def _adapter(settings: SidecarSettings) -> Path | None:
    given = settings.web_adapter or os.environ.get(ADAPTER, "")
    if not given:
        return None
    file = Path(given).resolve()
    if not os.access(file, os.X_OK) or not file.is_file():
        raise SettingsError(f"The web adapter {given!r} ({ADAPTER}) is not a program that can be started.")
    return file
