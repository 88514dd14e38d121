import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.analysis.overlap import measure_overlap

PROPENSITIES = st.lists(st.floats(1e-6, 1 - 1e-6), min_size=1, max_size=40)


@given(treated=PROPENSITIES, controls=PROPENSITIES)
def test_controls_are_never_worth_more_than_they_are_or_less_than_one(
    treated: list[float], controls: list[float]
) -> None:
    found = measure_overlap(np.array([True] * len(treated) + [False] * len(controls)), np.array(treated + controls))

    assert 1 - 1e-9 <= found.effective_controls <= len(controls) + 1e-6
    assert 1 / len(controls) - 1e-9 <= found.largest_weight_share <= 1 + 1e-9
    assert 0 <= found.low_propensity_share <= 1
    assert 0 <= found.treated_off_support_share <= 1


def test_equal_propensities_weigh_equally() -> None:
    found = measure_overlap(np.array([True] * 5 + [False] * 40), np.full(45, 0.1))

    assert found.effective_controls == pytest.approx(40)
    assert found.warnings() == ()


def test_each_kind_of_poor_overlap_has_a_message() -> None:
    treated = np.array([True] * 4 + [False] * 100)
    propensity = np.array([0.5, 0.6, 0.97, 0.98, 0.95, *[0.0001] * 99])

    result = " ".join(measure_overlap(treated, propensity).warnings())

    assert "the 100 controls are worth 1 of equal weight" in result
    assert "95% of the rows have a propensity under 0.001" in result
    assert "50% of the treated have no control of a similar propensity" in result
    assert "a single control carries 100% of the weight" in result
