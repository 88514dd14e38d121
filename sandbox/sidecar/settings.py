"""What the sidecar is started with, in plain values, and the part of it that can be changed while it runs."""

import asyncio
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.sidecar.errors import SettingsError
from sandbox.sidecar.faults import Fault, FaultOrders
from sandbox.sidecar.pacing import Pace

SCENARIO_FOLDER = Path(__file__).resolve().parent.parent / "scenarios"
MAX_PACE_MS = 60_000


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


@dataclass(slots=True)
class Counters:
    """What has been asked since the start."""

    converse: int = 0
    converse_stream: int = 0
    count_tokens: int = 0
    refused: int = 0
    active: int = 0
    finished: int = 0
    abandoned: int = 0
    output_tokens: int = 0

    @contextmanager
    def answering(self) -> Iterator[Callable[[int], None]]:
        """Counts one answer to its end, whatever that is; yields what to call with each batch's tokens."""

        def count(tokens: int) -> None:
            self.output_tokens += tokens

        self.active += 1
        try:
            yield count
        except (GeneratorExit, asyncio.CancelledError):
            self.abandoned += 1
            raise
        else:
            self.finished += 1
        finally:
            self.active -= 1


class LiveSettings:
    """Pace, faults and counters of a running sidecar; only its event loop touches them, so there is no lock."""

    def __init__(self, settings: SidecarSettings) -> None:
        self.pace = read_pace(Pace(), {"token_ms": settings.token_ms, "first_token_ms": settings.first_token_ms})
        self.faults = FaultOrders(tuple(Fault.parse(fault) for fault in settings.faults))
        self.counters = Counters()


def read_pace(pace: Pace, values: Mapping[str, Any]) -> Pace:
    """The pace with what is changed; raises SettingsError for an unknown key or a value that is no duration."""
    for key, value in values.items():
        if key not in {"token_ms", "first_token_ms"}:
            raise SettingsError(
                f"Unknown setting {key!r}: the model has token_ms and first_token_ms, both in milliseconds."
            )
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_PACE_MS:
            raise SettingsError(f"{key} is {value!r}: give a number of milliseconds from 0 to {MAX_PACE_MS}.")
    return dataclasses.replace(pace, **values)
