from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from tools.analysis.errors import AnalysisError
from tools.analysis.sample import MAX_COVARIATES, NamedTable, Question, Sample, build_sample, check_independent

ROWS = {"t": [1, 0, 1, 0, 1, 0], "y": [1.0, 2, 3, 4, 5, 7], "x": [3, 1, 4, 1, 5, 9], "z": [2, 7, 1, 8, 2, 8]}


def table(name: str = "men", **columns: Any) -> NamedTable:  # noqa: ANN401  values of a column
    """Six rows, with columns replaced or added."""
    return NamedTable(name, pd.DataFrame(ROWS | columns))


def sample_of(covariates: tuple[str, ...] | None = (), **columns: Any) -> Sample:  # noqa: ANN401  as above
    return build_sample(table(**columns), None, Question("t", "y", covariates))


def test_covariates_without_names_are_all_numeric_columns() -> None:
    sample = sample_of(label=list("abcdef"))

    assert sample.covariates == ("x", "z")
    assert sample.x.shape == (6, 2)
    assert sample.notes == ("not numeric and left out of the covariates: label",)


def test_a_comparison_brings_its_untreated_rows_in_place_of_the_controls() -> None:
    other = table("survey", t=[0, 0, 0, 0, 1, 1], y=[10.0, 20, 30, 40, 50, 60], extra=range(6))

    sample = build_sample(table(extra2=range(6)), other, Question("t", "y", ()))

    assert (sample.name, sample.description) == ("men_vs_survey", "treated of men against survey")
    assert sample.y.tolist() == [1, 3, 5, 10, 20, 30, 40]
    assert sample.treated.tolist() == [True] * 3 + [False] * 4
    assert sample.covariates == ("x", "z")


def test_a_comparison_without_the_treatment_column_is_untreated_throughout() -> None:
    other = NamedTable("survey", table().frame.drop(columns="t"))

    assert (~build_sample(table(), other, Question("t", "y", ("x",))).treated).sum() == 6


def test_truth_values_are_a_treatment() -> None:
    assert sample_of(t=[True, False] * 3).treated.tolist() == [True, False] * 3
    gaps = pd.array([True, False, None, False, True, False], dtype="boolean")
    assert sample_of(t=gaps).treated.tolist() == [True, False, False, True, False]


def test_rows_with_missing_or_infinite_values_are_left_out_and_counted() -> None:
    sample = sample_of(("x",), x=[None, 1, 4, 1, 5, np.inf], z=[np.nan] * 6)

    assert sample.dropped_rows == 2
    assert "2 rows with a missing value" in sample.notes[0]


def test_a_column_that_is_not_used_may_miss_values() -> None:
    assert build_sample(table(x=[np.nan] * 6), None, Question("t", "y")).dropped_rows == 0


def test_a_constant_without_a_name_is_left_out_and_reported() -> None:
    sample = sample_of(year=[1978] * 6)

    assert sample.covariates == ("x", "z")
    assert sample.notes == ("one value only and left out of the covariates: year",)


@pytest.mark.parametrize(
    ("question", "columns", "message"),
    [
        (Question("absent", "y"), {}, "table men has no column 'absent'"),
        (Question("t", "absent"), {}, "table men has no column 'absent'"),
        (Question("t", "y", ("absent",)), {}, "table men has no column 'absent'"),
        (Question("t", "t"), {}, "'t' is named twice"),
        (Question("t", "y", ("x", "x")), {}, "'x' is named twice"),
        (Question("t", "y", ("x", "y")), {}, "'y' is named twice"),
        (Question("t", "y"), {"t": [1, 2] * 3}, "'t' of men must be 1 for treated and 0 for controls, and holds 1, 2"),
        (Question("t", "y"), {"t": ["yes", "no"] * 3}, "must be 1 for treated and 0 for controls, and holds 'yes', 'n"),
        (Question("t", "y"), {"t": [1] * 6}, "men has 0 controls with complete rows and needs 2"),
        (Question("t", "y"), {"t": [0] * 6}, "men has 0 treated with complete rows and needs 2"),
        (Question("t", "y"), {"t": [1, 0, 0, 0, 0, 0]}, "men has 1 treated with complete rows and needs 2"),
        (Question("t", "y", ("x",)), {"x": [np.nan] * 6}, "men has 0 treated with complete rows"),
        (Question("t", "y"), {"y": list("abcdef")}, "'y' of men is not numeric .it holds 'a'"),
        (Question("t", "y", ("n",)), {"n": list("abcdef")}, "'n' of men is not numeric .it holds 'a'"),
        (Question("t", "y"), {"y": [5] * 6}, "the outcome 'y' has one value only in men"),
        (Question("t", "y", ("c",)), {"c": [5] * 6}, "the covariate 'c' has one value only in men; leave it out"),
        (Question("t", "y", ()), {"x": list("abcdef"), "z": list("abcdef")}, "men share no numeric column"),
        (Question("t", "y", ()), {f"c{n}": range(6) for n in range(60)}, "62 numeric columns and the tools take 50"),
    ],
)
def test_a_question_that_the_data_cannot_answer_is_rejected(
    question: Question, columns: dict[str, Any], message: str
) -> None:
    with pytest.raises(AnalysisError, match=message):
        build_sample(table(**columns), None, question)


def test_too_many_covariates_are_rejected_before_the_table_is_looked_at() -> None:
    names = tuple(f"c{number}" for number in range(MAX_COVARIATES + 1))

    with pytest.raises(AnalysisError, match="51 covariates are named; the tools take 50"):
        build_sample(table(), None, Question("t", "y", names))


def test_a_comparison_without_a_needed_column_is_named() -> None:
    other = NamedTable("survey", table().frame.drop(columns="x"))

    with pytest.raises(AnalysisError, match="table survey has no column 'x'"):
        build_sample(table(), other, Question("t", "y", ("x",)))


@pytest.mark.parametrize(
    ("formula", "named"),
    [("z = 2 * x + 1", "z"), ("x = t", "x"), ("w = x + z", "w"), ("w = x - t", "w")],
    ids=["in other units", "the treatment itself", "a sum", "treatment and another"],
)
def test_a_covariate_that_follows_from_the_others_is_named(formula: str, named: str) -> None:
    rows = pd.concat([table().frame, table(x=[2, 7, 1, 8, 2, 8], z=[1, 1, 2, 3, 5, 8]).frame])
    frame = cast(pd.DataFrame, rows.eval(formula))

    with pytest.raises(AnalysisError, match=f"the covariate '{named}' follows exactly"):
        check_independent(build_sample(NamedTable("men", frame), None, Question("t", "y", ())))


def test_more_covariates_than_rows_bear_are_rejected() -> None:
    more: dict[str, Any] = {f"c{number}": np.random.default_rng(number).normal(size=6) for number in range(4)}
    sample = sample_of((), **more)

    with pytest.raises(AnalysisError, match="6 rows are too few for 6 covariates"):
        check_independent(sample)


def test_the_design_knows_no_units() -> None:
    plain, scaled = sample_of(("x",)), sample_of(("x",), x=[3005, 1005, 4005, 1005, 5005, 9005])

    assert plain.design == pytest.approx(scaled.design)
    assert plain.design.mean(axis=0) == pytest.approx([1, 0])
