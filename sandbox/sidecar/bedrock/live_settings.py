"""The settings of a running model that can be changed, and counters of its requests."""

import asyncio
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sandbox.sidecar.bedrock.faults import ActiveFaults, Fault
from sandbox.sidecar.bedrock.pacing import Pace
from sandbox.sidecar.settings import SettingsError, SidecarSettings

MAX_PACE_MS = 60_000


@dataclass(slots=True)
class Counters:
    """Counters of the model's requests since the start."""

    converse: int = 0
    converse_stream: int = 0
    count_tokens: int = 0
    invoke_model: int = 0
    invoke_model_stream: int = 0
    refused: int = 0
    active: int = 0
    finished: int = 0
    abandoned: int = 0
    output_tokens: int = 0

    @contextmanager
    def answering(self) -> Iterator[Callable[[int], None]]:
        """Counts one answer as finished or abandoned; yields a function to call with the tokens of each batch."""

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
    """Pace, faults and counters of a running sidecar; only its event loop uses them, so there is no lock."""

    def __init__(self, settings: SidecarSettings) -> None:
        self.pace = read_pace(Pace(), {"token_ms": settings.token_ms, "first_token_ms": settings.first_token_ms})
        self.faults = ActiveFaults(tuple(Fault.parse(fault) for fault in settings.faults))
        self.counters = Counters()


def read_pace(pace: Pace, values: Mapping[str, Any]) -> Pace:
    """Returns the changed pace; raises SettingsError for an unknown key or an invalid duration."""
    for key, value in values.items():
        if key not in {"token_ms", "first_token_ms"}:
            raise SettingsError(
                f"Unknown setting {key!r}: the model has token_ms and first_token_ms, both in milliseconds."
            )
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_PACE_MS:
            raise SettingsError(f"{key} is {value!r}: give a number of milliseconds from 0 to {MAX_PACE_MS}.")
    return dataclasses.replace(pace, **values)
