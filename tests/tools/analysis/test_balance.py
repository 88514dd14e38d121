import pytest

from tools.analysis.balance import compare_groups
from tools.analysis.sample import NamedTable, Question, Sample, build_sample


def test_the_experiment_is_balanced_but_for_the_degree(experiment: Sample) -> None:
    found = compare_groups(experiment)

    assert [row.covariate for row in found.rows if abs(row.standardised_difference or 0) > 0.25] == ["nodegree"]
    assert found.to_json()["largest_difference"] == pytest.approx(0.304, abs=0.0005)
    assert found.to_json()["largest_difference_of"] == "nodegree"


def test_the_survey_is_not(survey: Sample) -> None:
    found = {row.covariate: row.standardised_difference for row in compare_groups(survey).rows}

    assert found["black"] == pytest.approx(2.428, abs=0.0005)
    assert found["re75"] == pytest.approx(-1.746, abs=0.0005)


def test_a_covariate_that_varies_in_neither_group_has_no_standardised_difference(nsw: NamedTable) -> None:
    frame = nsw.frame.assign(site=nsw.frame["treat"])

    (row,) = compare_groups(build_sample(NamedTable("nsw", frame), None, Question("treat", "re78", ("site",)))).rows

    assert (row.treated_mean, row.controls_mean, row.standardised_difference) == (1, 0, None)
