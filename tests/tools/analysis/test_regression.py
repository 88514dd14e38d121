import numpy as np
import pytest

from tools.analysis.regression import difference_in_means, regression_adjustment
from tools.analysis.sample import NamedTable, Question, Sample, build_sample


def test_the_published_effect_of_the_experiment_comes_out(experiment: Sample) -> None:
    found = difference_in_means(experiment)

    assert found.value == pytest.approx(1_794.3, abs=0.05)
    assert found.standard_error == pytest.approx(670.8, abs=0.05)
    assert found.interval == pytest.approx((475.9, 3_112.7), abs=0.05)


def test_the_published_adjusted_effect_comes_out(experiment: Sample) -> None:
    found = regression_adjustment(experiment)

    assert found.value == pytest.approx(1_676.3, abs=0.05)
    assert found.standard_error == pytest.approx(676.7, abs=0.05)
    assert len(found.sample.covariates) == 8


def test_the_published_numbers_against_the_survey_come_out(survey: Sample) -> None:
    assert difference_in_means(survey).value == pytest.approx(-8_497.5, abs=0.05)
    assert regression_adjustment(survey).value == pytest.approx(699.1, abs=0.05)


def test_the_robust_error_is_that_of_two_groups_with_variances_of_their_own(experiment: Sample) -> None:
    groups = (experiment.y[experiment.treated], experiment.y[~experiment.treated])
    n = len(experiment.y)
    by_hand = np.sqrt(n / (n - 2) * sum(group.var() / len(group) for group in groups))

    assert difference_in_means(experiment).standard_error == pytest.approx(by_hand)


def test_units_do_not_matter(nsw: NamedTable, experiment: Sample) -> None:
    frame = nsw.frame.assign(re74=nsw.frame["re74"] * 1e9 - 7, re78=nsw.frame["re78"] / 1_000)

    scaled = regression_adjustment(build_sample(NamedTable("nsw", frame), None, Question("treat", "re78", ())))

    plain = regression_adjustment(experiment)
    assert scaled.value * 1_000 == pytest.approx(plain.value)
    assert scaled.standard_error * 1_000 == pytest.approx(plain.standard_error)


def test_an_estimate_is_flat_json_with_all_that_it_takes_to_judge_it(experiment: Sample) -> None:
    result = regression_adjustment(experiment).to_json()

    assert (result["method"], result["sample"]) == ("regression adjustment", "nsw")
    assert (result["treated"], result["controls"], result["dropped_rows"]) == (185, 260, 0)
    assert result["ci_low"] < result["estimate"] < result["ci_high"]
    assert result["standard_error_kind"] == "HC1"
    assert result["covariates"] == ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]
    assert result["notes"] == ["not numeric and left out of the covariates: data_id"]
