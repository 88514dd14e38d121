"""The sidecar: services that the emulator lacks, at AWS's wire level, in one asyncio application."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace
from sandbox.sidecar.agentcore.service import AgentCore
from sandbox.sidecar.bedrock.control import Control
from sandbox.sidecar.bedrock.live_settings import LiveSettings
from sandbox.sidecar.bedrock.relay import Relay
from sandbox.sidecar.bedrock.routes import BedrockRuntime
from sandbox.sidecar.bedrock.scenarios import load_scenarios
from sandbox.sidecar.bedrock.scripted_model import ScriptedModel
from sandbox.sidecar.image_functions.service import ImageFunctionService
from sandbox.sidecar.invoke_model.routes import InvokeModel
from sandbox.sidecar.settings import SidecarSettings
from sandbox.sidecar.tasks.service import TaskService
from sandbox.sidecar.traces.collector import Traces, TraceStore
from sandbox.sidecar.unserved.routes import Unserved


def create_app(settings: SidecarSettings, workspace: AgentWorkspace | None = None) -> Starlette:
    """Returns the application for uvicorn, with AgentCore's data plane, the runner of ECS's tasks and Lambda's
    functions from images if there is a `workspace` for them.

    Raises SettingsError for settings that cannot be used.
    """
    live = LiveSettings(settings)
    model = _model(settings)
    agents = AgentCore.create(workspace, settings) if workspace else None
    tasks = TaskService.create(workspace, settings) if workspace else None
    functions = ImageFunctionService.create(workspace, settings) if workspace else None

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None, None]:
        if agents:
            agents.begin()
        yield
        if functions:
            await functions.close()
        if tasks:
            await tasks.close()
        if agents:
            await agents.close()
        await model.close()

    bedrock = BedrockRuntime(model, live)
    routes: list[BaseRoute] = [
        *bedrock.routes(),
        *InvokeModel(bedrock, live).routes(),
        *Control(live, model.description).routes(),
        *Traces(TraceStore()).routes(),
        *(agents.routes() if agents else []),
        *(tasks.routes() if tasks else []),
        *(functions.routes() if functions else []),
        *Unserved().routes(),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def _model(settings: SidecarSettings) -> ScriptedModel | Relay:
    if settings.model_url:
        return Relay.create(settings.model_url, settings.model_name, os.environ.get(settings.api_key_env, ""))
    return ScriptedModel(load_scenarios(Path(settings.scenario_folder)))
