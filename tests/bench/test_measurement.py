"""Figures and how they are computed."""

import pytest

from bench.measurement import Measurement, median_seconds, percentile


def measurement(value: float, peer: float, goal: float | None = None, *, is_ratio: bool = False) -> Measurement:
    return Measurement("time", value, "s", "the other", peer, goal, is_ratio)


def test_ratio_is_ours_divided_by_the_peers() -> None:
    assert measurement(3.0, 1.5).ratio == 2.0
    assert measurement(3.0, 0.0).ratio is None


@pytest.mark.parametrize(
    ("measured", "met"),
    [
        (measurement(1.9, 1.0, goal=2.0), True),
        (measurement(2.1, 1.0, goal=2.0), False),
        (measurement(100.0, 1000.0, goal=0.1, is_ratio=True), True),
        (measurement(101.0, 1000.0, goal=0.1, is_ratio=True), False),
        (measurement(1.0, 0.0, goal=0.1, is_ratio=True), None),
        (measurement(1.0, 1.0), None),
    ],
)
def test_goal_limits_the_value_or_the_ratio(measured: Measurement, met: bool | None) -> None:
    assert measured.meets_goal is met
    assert measured.to_wire()["meets_goal"] is met


def test_median_is_taken_over_all_repeats() -> None:
    calls: list[int] = []

    assert median_seconds(lambda: calls.append(1), repeats=3) >= 0
    assert len(calls) == 3


@pytest.mark.parametrize(("percent", "value"), [(50, 5.0), (95, 10.0), (100, 10.0), (1, 1.0)])
def test_percentile_is_a_measured_value(percent: float, value: float) -> None:
    assert percentile([float(number) for number in range(10, 0, -1)], percent) == value
