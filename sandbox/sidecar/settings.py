"""The settings that the sidecar is started with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCENARIO_FOLDER = Path(__file__).resolve().parent.parent / "scenarios"

_POSITIVE = (
    "max_sessions",
    "max_tasks",
    "max_environments",
    "session_time_scale",
    "session_queue_seconds",
    "session_start_seconds",
    "session_stop_seconds",
)


class SettingsError(ValueError):
    """A setting, fault or scenario that cannot be used; the message names it and lists what is valid."""


@dataclass(frozen=True, slots=True)
class SidecarSettings:
    """The model: the OpenAI-compatible server at `model_url` (with or without /v1), by default the scripted one.

    `api_key_env` names the environment variable with the server's key, if it needs one. AgentCore: at most
    `max_sessions` run at once; `session_time_scale` is a factor for the idle limit and the maximum lifetime; a session
    whose start is not begun within `session_queue_seconds` is throttled, one that is must be ready within
    `session_start_seconds`, and is killed `session_stop_seconds` after SIGTERM. ECS: at most `max_tasks` run at once.
    Lambda: at most `max_environments` of one function whose package is an image; `web_adapter` is the file of the
    Lambda Web Adapter, by default the one that the environment variable LONGRUN_WEB_ADAPTER names, if any.
    """

    token_ms: float = 20.0
    first_token_ms: float = 50.0
    model_url: str = ""
    model_name: str = ""
    api_key_env: str = "LONGRUN_MODEL_API_KEY"
    scenario_folder: str = str(SCENARIO_FOLDER)
    faults: tuple[Mapping[str, Any], ...] = ()
    max_sessions: int = 64
    max_tasks: int = 8
    max_environments: int = 64
    web_adapter: str = ""
    session_time_scale: float = 1.0
    session_queue_seconds: float = 25.0
    session_start_seconds: float = 30.0
    session_stop_seconds: float = 15.0

    def __post_init__(self) -> None:
        for name in _POSITIVE:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                raise SettingsError(f"{name} is {value!r}: give a number greater than 0.")
