"""What the sidecar is started with, in plain values, and the part of it that can be changed while it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCENARIO_FOLDER = Path(__file__).resolve().parent.parent / "scenarios"


class SettingsError(ValueError):
    """A setting, fault or scenario that cannot be used; the message names it and lists what is valid."""


@dataclass(frozen=True, slots=True)
class SidecarSettings:
    """The model of the sandbox: the OpenAI-compatible server at `model_url` (with or without /v1), or the scripted one.

    `api_key_env` names the environment variable with the server's key, if it wants one. AgentCore: at most
    `max_sessions` live at once; `session_time_scale` is the part of their time that the limits of idle and of all time
    take; a session has `session_start_seconds` to be ready, and `session_stop_seconds` to heed SIGTERM.
    """

    token_ms: float = 20.0
    first_token_ms: float = 50.0
    model_url: str = ""
    model_name: str = ""
    api_key_env: str = "LONGRUN_MODEL_API_KEY"
    scenario_folder: str = str(SCENARIO_FOLDER)
    faults: tuple[Mapping[str, Any], ...] = ()
    max_sessions: int = 64
    session_time_scale: float = 1.0
    session_start_seconds: float = 30.0
    session_stop_seconds: float = 15.0

    def __post_init__(self) -> None:
        for name in ("max_sessions", "session_time_scale", "session_start_seconds", "session_stop_seconds"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                raise SettingsError(f"{name} is {value!r}: give a number over 0.")
