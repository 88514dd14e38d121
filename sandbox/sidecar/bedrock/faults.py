"""Fault injection: failures of a model service, by name."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sandbox.sidecar.bedrock.errors import BedrockError, ConnectionCut
from sandbox.sidecar.bedrock.pacing import Pace
from sandbox.sidecar.bedrock.replies import Events
from sandbox.sidecar.settings import SettingsError

_SERVICE_ERRORS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "throttle": ("ThrottlingException", "Too many requests, please wait before trying again."),
        "access-denied": ("AccessDeniedException", "You don't have access to the model with the specified model ID."),
        "validation": (
            "ValidationException",
            "The model returned the following errors: fault 'validation' of the sandbox.",
        ),
        "timeout": ("ModelTimeoutException", "Model has timed out in processing the request. Try your request again."),
        "unavailable": ("ServiceUnavailableException", "Bedrock is unable to process your request."),
    }
)
_STREAM_FAULTS = ("stream-cut", "stream-error", "slow", "first-token-delay")

FAULT_NAMES = (*_SERVICE_ERRORS, *_STREAM_FAULTS)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault for the next `count` requests (None: all) whose question contains `match`."""

    name: str
    count: int | None = 1
    match: str = ""
    after_tokens: int = 10
    factor: float = 10.0
    delay_ms: float = 2000.0

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "Fault":
        """Returns the fault from JSON values of a request or of the settings; raises SettingsError."""
        name = values.get("name")
        if name not in FAULT_NAMES:
            raise SettingsError(f'Unknown fault {name!r}: give "name" as one of {", ".join(FAULT_NAMES)}.')
        known = [known_field.name for known_field in dataclasses.fields(cls)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise SettingsError(f"The fault {name} has no setting {unknown[0]!r}: it may have {', '.join(known)}.")
        fault = cls(**values)
        fault.check()
        return fault

    def check(self) -> None:
        if not isinstance(self.match, str):
            raise SettingsError(f'The fault {self.name} needs "match" as a string, not {self.match!r}.')
        if self.count is not None and not _at_least(self.count, 1, int):
            raise SettingsError(f'The fault {self.name} needs "count" as a whole number of 1 or more, or null for all.')
        for key, lowest, kind in (("after_tokens", 0, int), ("factor", 0, float), ("delay_ms", 0, float)):
            if not _at_least(getattr(self, key), lowest, kind):
                raise SettingsError(f'The fault {self.name} needs "{key}" as a number of {lowest} or more.')

    def raise_error(self) -> None:
        """Raises the fault's service error, for a fault that prevents any answer."""
        if self.name in _SERVICE_ERRORS:
            raise BedrockError(*_SERVICE_ERRORS[self.name])

    def slow(self, pace: Pace) -> Pace:
        if self.name == "slow":
            return pace.slower(self.factor)
        return pace.later(self.delay_ms) if self.name == "first-token-delay" else pace

    async def inject(self, events: Events) -> Events:
        """Yields the events until the fault breaks the stream, after `after_tokens` tokens."""
        if self.name not in {"stream-cut", "stream-error"}:
            async for batch in events:
                yield batch
            return
        left = self.after_tokens
        async for batch in events:
            for event in batch:
                if event.tokens and left <= 0:
                    self._break()
                left -= event.tokens
                # One event at a time, so that the stream breaks exactly after `after_tokens`.
                yield (event,)
        self._break()

    def _break(self) -> None:
        if self.name == "stream-cut":
            raise ConnectionCut
        raise BedrockError(
            "ModelStreamErrorException", "The model's stream broke (fault 'stream-error' of the sandbox)."
        )


class ActiveFaults:
    """The active faults, in the order in which they were added."""

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        self._faults = list(faults)

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        self._faults.clear()

    def pending(self) -> list[dict[str, Any]]:
        return [dataclasses.asdict(fault) for fault in self._faults]

    def take(self, question: str) -> list[Fault]:
        """Returns the faults for a request with this question, one of each name, and decrements their counts."""
        hit: dict[str, Fault] = {}
        left: list[Fault] = []
        for fault in self._faults:
            if fault.name in hit or fault.match.casefold() not in question.casefold():
                left.append(fault)
                continue
            hit[fault.name] = fault
            if fault.count is None:
                left.append(fault)
            elif fault.count > 1:
                left.append(dataclasses.replace(fault, count=fault.count - 1))
        self._faults = left
        return list(hit.values())


def _at_least(value: object, lowest: int, kind: type[int] | type[float]) -> bool:
    accepted = (int,) if kind is int else (int, float)
    return isinstance(value, accepted) and not isinstance(value, bool) and value >= lowest
