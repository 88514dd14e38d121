from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tools.analysis.errors import AnalysisError
from tools.analysis.propensity import fit_propensity
from tools.analysis.sample import NamedTable, Question, Sample, build_sample


def sample_of(frame: pd.DataFrame) -> Sample:
    return build_sample(NamedTable("made", frame), None, Question("t", "y", ()))


def test_propensities_average_to_the_share_of_the_treated(survey: Sample) -> None:
    propensity = fit_propensity(survey)

    assert propensity.mean() == pytest.approx(survey.treated.mean())
    assert ((propensity > 0) & (propensity < 1)).all()


def test_they_find_what_the_treatment_was_drawn_with(simulated: Callable[..., NamedTable]) -> None:
    table = simulated(2, n=20_000)

    propensity = fit_propensity(build_sample(table, None, Question("t", "y", ("x1", "x2"))))

    true = 1 / (1 + np.exp(0.5 - table.frame["x1"].to_numpy()))
    assert np.abs(propensity - true).max() < 0.02


@pytest.mark.parametrize("gap", [10.0, 0.0], ids=["by far", "touching"])
def test_a_covariate_that_separates_the_groups_is_rejected_by_name(
    simulated: Callable[..., NamedTable], gap: float
) -> None:
    frame = simulated().frame
    apart = np.where(frame["t"] == 1, frame["x2"].abs() + gap + 0.001, -frame["x2"].abs())

    with pytest.raises(AnalysisError, match="treated and controls of made do not overlap: the covariate 'apart'"):
        fit_propensity(sample_of(frame.assign(apart=apart)))


def test_a_group_without_any_control_is_rejected(simulated: Callable[..., NamedTable]) -> None:
    frame = simulated().frame
    mark = ((frame["t"] == 1) & (frame["x2"] > 0)).astype(int)

    with pytest.raises(AnalysisError, match="some combination of the covariates tells them apart"):
        fit_propensity(sample_of(frame.assign(mark=mark)))


def test_groups_that_only_a_combination_separates_are_rejected(simulated: Callable[..., NamedTable]) -> None:
    frame = simulated().frame
    other = np.where(frame["t"] == 1, 1.0, -1.0) + 0.1 * frame["x2"] - 3 * frame["x1"]

    with pytest.raises(AnalysisError, match="some combination of the covariates tells them apart"):
        fit_propensity(sample_of(frame.assign(other=other)))
