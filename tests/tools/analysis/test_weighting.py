from collections.abc import Callable
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tools.analysis.errors import AnalysisError
from tools.analysis.estimate import Estimate
from tools.analysis.regression import regression_adjustment
from tools.analysis.sample import NamedTable, Question, Sample, build_sample
from tools.analysis.weighting import doubly_robust, inverse_probability_weighting

Method = Callable[[Sample], Estimate]
METHODS = (inverse_probability_weighting, doubly_robust)


def made(table: NamedTable) -> Sample:
    return build_sample(table, None, Question("t", "y", ("x1", "x2")))


def test_the_survey_gives_the_effect_on_the_treated_that_was_found_by_hand(survey: Sample) -> None:
    weighted, robust = inverse_probability_weighting(survey), doubly_robust(survey)

    assert weighted.value == pytest.approx(1_180.4, abs=0.1)
    assert robust.value == pytest.approx(1_273.6, abs=0.1)
    assert robust.standard_error == pytest.approx(646, abs=2)


def test_poor_overlap_is_measured_and_reported(survey: Sample) -> None:
    found = doubly_robust(survey).to_json()

    assert round(found["effective_controls"]) == 417
    assert found["low_propensity_share"] == pytest.approx(0.66, abs=0.005)
    assert found["warnings"][0] == ("poor overlap: once weighted, the 15,992 controls are worth 417 of equal weight")
    assert found["warnings"][1].startswith("66% of the rows have a propensity under 0.001")


def test_in_the_experiment_all_methods_agree_and_nothing_is_warned_of(experiment: Sample) -> None:
    adjusted = regression_adjustment(experiment)

    for method in METHODS:
        found = method(experiment)
        assert abs(found.value - adjusted.value) < 0.25 * adjusted.standard_error
        assert found.standard_error == pytest.approx(adjusted.standard_error, rel=0.05)
        assert found.overlap is not None
        assert found.overlap.warnings() == ()


@pytest.mark.parametrize("method", METHODS)
def test_the_standard_error_is_that_of_the_stacked_estimating_equations(
    method: Method, simulated: Callable[..., NamedTable]
) -> None:
    sample = made(simulated(3, n=500, curved_y=True))
    found = method(sample)

    assert found.standard_error == pytest.approx(_sandwich(sample, found, with_regression=method is doubly_robust))


@pytest.mark.parametrize("method", METHODS)
def test_the_interval_holds_a_known_effect(method: Method, simulated: Callable[..., NamedTable]) -> None:
    low, high = method(made(simulated(5, n=5_000))).interval

    assert low < 2 < high
    assert high - low < 0.5


@pytest.mark.parametrize(
    ("curved", "other"),
    [("curved_y", regression_adjustment), ("curved_t", inverse_probability_weighting)],
)
def test_one_right_model_of_the_two_is_enough(simulated: Callable[..., NamedTable], curved: str, other: Method) -> None:
    sample = made(simulated(7, n=20_000, **{curved: True}))

    robust, misled = doubly_robust(sample), other(sample)

    assert abs(robust.value - 2) < 3 * robust.standard_error
    assert abs(misled.value - 2) > 5 * misled.standard_error


@pytest.mark.parametrize("method", METHODS)
@given(seed=st.integers(0, 10_000), order=st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_the_order_of_rows_does_not_matter(method: Method, seed: int, order: Random) -> None:
    table = _random_table(seed)
    rows = list(range(len(table.frame)))
    order.shuffle(rows)
    shuffled = NamedTable("made", table.frame.iloc[rows])

    one, other = method(made(table)), method(made(shuffled))

    assert other.value == pytest.approx(one.value, abs=1e-8)
    assert other.standard_error == pytest.approx(one.standard_error)


@pytest.mark.parametrize("method", METHODS)
@given(seed=st.integers(0, 10_000), scale=st.floats(1e-6, 1e6), shift=st.floats(-1e3, 1e3))
@settings(max_examples=15, deadline=None)
def test_units_do_not_matter(method: Method, seed: int, scale: float, shift: float) -> None:
    table = _random_table(seed)
    frame = table.frame.assign(x1=table.frame["x1"] * scale + shift * scale, y=table.frame["y"] * 100 + 7)

    one, other = method(made(table)), method(made(NamedTable("made", frame)))

    assert other.value == pytest.approx(one.value * 100, rel=1e-5, abs=1e-6)
    assert other.standard_error == pytest.approx(one.standard_error * 100, rel=1e-5)
    assert other.overlap is not None
    assert one.overlap is not None
    assert other.overlap.effective_controls == pytest.approx(one.overlap.effective_controls, rel=1e-5)


def test_a_covariate_that_never_varies_among_the_controls_is_rejected(simulated: Callable[..., NamedTable]) -> None:
    table = simulated()
    frame = table.frame.assign(x2=lambda frame: frame["t"] * (frame["x1"] > 0))

    with pytest.raises(AnalysisError, match="does not vary by itself among the controls of made"):
        doubly_robust(made(NamedTable("made", frame)))


def _random_table(seed: int) -> NamedTable:
    random = np.random.default_rng(seed)
    x1, x2 = random.normal(size=120), random.normal(size=120)
    treated = (random.random(120) < 1 / (1 + np.exp(-0.5 * x1))).astype(int)
    return NamedTable("made", pd.DataFrame({"t": treated, "y": x1 + treated + x2**2, "x1": x1, "x2": x2}))


def _sandwich(sample: Sample, found: Estimate, *, with_regression: bool) -> float:
    """The standard error by the textbook: all equations at once, their slope by finite differences."""
    z, t = sample.design, sample.treated.astype(float)
    k = z.shape[1]

    def equations(theta: NDArray[np.float64]) -> NDArray[np.float64]:
        gamma, beta, ours, theirs = theta[:k], theta[k : 2 * k], theta[2 * k], theta[2 * k + 1]
        residual = sample.y - z @ beta if with_regression else sample.y
        odds = np.exp(z @ gamma)
        parts = [
            (t - odds / (1 + odds))[:, None] * z,
            ((1 - t) * (sample.y - z @ beta))[:, None] * z,
            (t * (residual - ours))[:, None],
            ((1 - t) * odds * (residual - theirs))[:, None],
        ]
        return np.hstack(parts)

    theta = np.zeros(2 * k + 2)
    for _ in range(50):
        slope = _slope(lambda at: equations(at).mean(axis=0), theta)
        theta = theta - np.linalg.solve(slope, equations(theta).mean(axis=0))
    assert theta[-2] - theta[-1] == pytest.approx(found.value)
    bread = np.linalg.inv(_slope(lambda at: equations(at).mean(axis=0), theta))
    scores = equations(theta)
    covariance = bread @ (scores.T @ scores / len(scores)) @ bread.T / len(scores)
    contrast = np.zeros(len(theta))
    contrast[-2:] = (1, -1)
    return float(np.sqrt(contrast @ covariance @ contrast))


def _slope(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    step = 1e-6
    return np.array(
        [(function(at + step * unit) - function(at - step * unit)) / (2 * step) for unit in np.eye(len(at))]
    ).T
