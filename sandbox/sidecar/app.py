"""The sidecar: what the emulator has not, at AWS's wire level, in one asyncio application."""

from pathlib import Path

from starlette.applications import Starlette

from sandbox.sidecar.bedrock import BedrockRuntime
from sandbox.sidecar.control import Control
from sandbox.sidecar.scenarios import load_scenarios
from sandbox.sidecar.scripted_model import ScriptedModel
from sandbox.sidecar.settings import LiveSettings, SidecarSettings

__all__ = ["SidecarSettings", "create_app"]


def create_app(settings: SidecarSettings) -> Starlette:
    """The application for uvicorn; raises SettingsError for settings that cannot be used."""
    live = LiveSettings(settings)
    model = ScriptedModel(load_scenarios(Path(settings.scenario_folder)))
    return Starlette(routes=[*BedrockRuntime(model, live).routes(), *Control(live, "scripted").routes()])
