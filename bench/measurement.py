"""The result of a measurement, with that of a named peer from the same run."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Measurement:
    """`value` is ours and `peer_value` the peer's, in the same unit. A goal is an upper limit for `value`, or, with
    `goal_is_ratio`, for `ratio`."""

    name: str
    value: float
    unit: str
    peer: str
    peer_value: float
    goal: float | None = None
    goal_is_ratio: bool = False

    @property
    def ratio(self) -> float | None:
        """Longrun's value divided by the peer's; None where the peer's is zero."""
        return self.value / self.peer_value if self.peer_value else None

    @property
    def meets_goal(self) -> bool | None:
        """None without a goal, or where there is no ratio to compare."""
        judged = self.ratio if self.goal_is_ratio else self.value
        return None if self.goal is None or judged is None else judged <= self.goal

    def to_wire(self) -> dict[str, object]:
        return {**asdict(self), "ratio": self.ratio, "meets_goal": self.meets_goal}


@dataclass(frozen=True, slots=True)
class Options:
    """`repeats` is the number of runs of each timed action, of which the median is reported."""

    repeats: int = 5


class MeasurementError(Exception):
    """A measurement failed; the message says what was missing and what to do."""


class NotAvailableError(Exception):
    """A measurement is skipped, because this machine lacks an optional tool."""


def median_seconds(action: Callable[[], object], repeats: int) -> float:
    """Returns the median wall time of an action in seconds."""
    return statistics.median(seconds(action) for _ in range(repeats))


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def percentile(values: list[float], percent: float) -> float:
    """Returns the smallest value that at least `percent` percent of the values do not exceed."""
    ranked = sorted(values)
    return ranked[max(0, -int(-len(ranked) * percent // 100) - 1)]
