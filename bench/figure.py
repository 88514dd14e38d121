"""What a measurement returns: figures, each beside a named peer that was measured in the same run."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` of ours beside `peer_value` of the peer, in the same unit. A goal is an upper limit for the value, or,
    with `goal_is_ratio`, for value divided by peer_value."""

    name: str
    value: float
    unit: str
    peer: str
    peer_value: float
    goal: float | None = None
    goal_is_ratio: bool = False

    @property
    def ratio(self) -> float | None:
        """Ours divided by the peer's; None where the peer's is zero."""
        return self.value / self.peer_value if self.peer_value else None

    @property
    def meets_goal(self) -> bool | None:
        """None without a goal, or where there is no ratio to judge."""
        judged = self.ratio if self.goal_is_ratio else self.value
        return None if self.goal is None or judged is None else judged <= self.goal

    def to_wire(self) -> dict[str, object]:
        return {**asdict(self), "ratio": self.ratio, "meets_goal": self.meets_goal}


@dataclass(frozen=True, slots=True)
class Options:
    """How thorough to be: `repeats` of each timed thing, of which the median counts."""

    repeats: int = 5


class MeasurementError(Exception):
    """A measurement could not be made; the expected says what was missing and what to do."""


class NotHereError(Exception):
    """A measurement that this machine cannot make and need not: it lacks a tool that the project works without."""


def median_seconds(action: Callable[[], object], repeats: int) -> float:
    """The median wall time of an action in seconds."""
    return statistics.median(seconds(action) for _ in range(repeats))


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def percentile(values: list[float], percent: float) -> float:
    """The smallest value that at least so many percent of the values do not exceed."""
    ranked = sorted(values)
    return ranked[max(0, -int(-len(ranked) * percent // 100) - 1)]
