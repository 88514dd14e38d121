import pytest

from cli.output import milliseconds, size


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "-"),
        (0, "0 ms"),
        (999, "999 ms"),
        (1000, "1.0 s"),
        (119_900, "119.9 s"),
        (120_000, "2 min 0 s"),
        (3_599_999, "59 min 59 s"),
        (3_600_000, "1 h 0 min"),
        (28_790_000, "7 h 59 min"),
    ],
)
def test_a_time_is_reported_in_the_units_that_fit_it(value: float | None, said: str) -> None:
    assert milliseconds(value) == said


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (4_096, "4.1 kB"), (25_000_000, "25.0 MB")]
)
def test_a_size_is_reported_in_the_units_that_fit_it(count: int, said: str) -> None:
    assert size(count) == said
