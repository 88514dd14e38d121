"""Faults on order, by name: what a model service does on a bad day."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sandbox.sidecar.bedrock.errors import BedrockError, ConnectionCut
from sandbox.sidecar.bedrock.pacing import Pace
from sandbox.sidecar.bedrock.replies import Events
from sandbox.sidecar.settings import SettingsError

_REFUSALS: Mapping[str, tuple[str, str]] = MappingProxyType(
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

FAULT_NAMES = (*_REFUSALS, *_STREAM_FAULTS)


@dataclass(frozen=True, slots=True)
class Fault:
    """One order. `count` requests are hit (None: all), of those whose question contains `match`."""

    name: str
    count: int | None = 1
    match: str = ""
    after_tokens: int = 10
    factor: float = 10.0
    delay_ms: float = 2000.0

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "Fault":
        """A fault from plain values, as a request or a settings file has them; raises SettingsError."""
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
            raise SettingsError(f'The fault {self.name} needs "match" as a text, not {self.match!r}.')
        if self.count is not None and not _at_least(self.count, 1, int):
            raise SettingsError(f'The fault {self.name} needs "count" as a whole number of 1 or more, or null for all.')
        for key, lowest, kind in (("after_tokens", 0, int), ("factor", 0, float), ("delay_ms", 0, float)):
            if not _at_least(getattr(self, key), lowest, kind):
                raise SettingsError(f'The fault {self.name} needs "{key}" as a number of {lowest} or more.')

    def refuse(self) -> None:
        """Raises what the service says before any answer, if that is what this fault is about."""
        if self.name in _REFUSALS:
            raise BedrockError(*_REFUSALS[self.name])

    def slow(self, pace: Pace) -> Pace:
        if self.name == "slow":
            return pace.slower(self.factor)
        return pace.later(self.delay_ms) if self.name == "first-token-delay" else pace

    async def spoil(self, events: Events) -> Events:
        """The events until the fault strikes, which is after `after_tokens` tokens."""
        if self.name not in {"stream-cut", "stream-error"}:
            async for batch in events:
                yield batch
            return
        left = self.after_tokens
        async for batch in events:
            for event in batch:
                if event.tokens and left <= 0:
                    self._strike()
                left -= event.tokens
                yield (event,)
        self._strike()

    def _strike(self) -> None:
        if self.name == "stream-cut":
            raise ConnectionCut
        raise BedrockError(
            "ModelStreamErrorException", "The model's stream broke (fault 'stream-error' of the sandbox)."
        )


class FaultOrders:
    """The faults in force, in the order they were set."""

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        self._orders = list(faults)

    def add(self, fault: Fault) -> None:
        self._orders.append(fault)

    def clear(self) -> None:
        self._orders.clear()

    def pending(self) -> list[dict[str, Any]]:
        return [dataclasses.asdict(fault) for fault in self._orders]

    def take(self, question: str) -> list[Fault]:
        """The faults that hit a request with this question, one of each name; each is used up by one."""
        hit: dict[str, Fault] = {}
        left: list[Fault] = []
        for fault in self._orders:
            if fault.name in hit or fault.match.casefold() not in question.casefold():
                left.append(fault)
                continue
            hit[fault.name] = fault
            if fault.count is None:
                left.append(fault)
            elif fault.count > 1:
                left.append(dataclasses.replace(fault, count=fault.count - 1))
        self._orders = left
        return list(hit.values())


def _at_least(value: object, lowest: int, kind: type[int] | type[float]) -> bool:
    accepted = (int,) if kind is int else (int, float)
    return isinstance(value, accepted) and not isinstance(value, bool) and value >= lowest
