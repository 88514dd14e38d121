"""The rows of one comparison: who was treated, the outcome, the covariates, as arrays without missing values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.analysis.errors import AnalysisError
from tools.analysis.tables import check_columns

MAX_COVARIATES: Final = 50
MIN_GROUP: Final = 2
"""Rows in each group; a standard error needs two."""

_COLLINEAR: Final = 1e-7
"""A column of unit variance is collinear if its residual on the columns before it is smaller than this."""


@dataclass(frozen=True, slots=True)
class Question:
    """The columns of a comparison, by name. `covariates` is None if none are needed, empty for all available ones."""

    treatment: str
    outcome: str
    covariates: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class NamedTable:
    """A table with the name that messages use for it."""

    name: str
    frame: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Sample:
    """n rows; `treated` has n truth values, `y` the n outcomes, `x` the n by k covariates in their own units.
    `notes` state what was left out."""

    name: str
    description: str
    question: Question
    covariates: tuple[str, ...]
    treated: NDArray[np.bool_]
    y: NDArray[np.float64]
    x: NDArray[np.float64]
    dropped_rows: int
    notes: tuple[str, ...]

    @property
    def design(self) -> NDArray[np.float64]:
        """n by 1 + k: an intercept, then the covariates with mean 0 and variance 1, so that no unit matters."""
        return np.column_stack([np.ones(len(self.y)), (self.x - self.x.mean(axis=0)) / self.x.std(axis=0)])


def build_sample(table: NamedTable, comparison: NamedTable | None, question: Question) -> Sample:
    """The treated rows of the table, with its own controls or those of the comparison. Raises AnalysisError if a column
    is missing or not usable, or a group is too small."""
    _check_roles(question)
    sources = [table] if comparison is None else [table, comparison]
    named = question.covariates or ()
    check_columns(table.name, table.frame, (question.treatment, question.outcome, *named))
    for source in sources[1:]:
        check_columns(source.name, source.frame, (question.outcome, *named))
    covariates, notes = (named, []) if named or question.covariates is None else _usable(sources, question)
    used = (question.outcome, *covariates)
    for source in sources:
        _check_numeric(source, used)
    frame, dropped = _complete(_rows(table, comparison, question.treatment, used))
    if dropped:
        notes.append(f"{dropped:,} rows with a missing value in a column that is used were left out")
    treated = frame[question.treatment].to_numpy(dtype=bool)
    sample = Sample(
        name=table.name if comparison is None else f"{table.name}_vs_{comparison.name}",
        description=table.name if comparison is None else f"treated of {table.name} against {comparison.name}",
        question=question,
        covariates=tuple(covariates),
        treated=treated,
        y=frame[question.outcome].to_numpy(dtype=float),
        x=frame[list(covariates)].to_numpy(dtype=float),
        dropped_rows=dropped,
        notes=tuple(notes),
    )
    _check_groups(sample)
    return _varying(sample, named=bool(named))


def check_independent(sample: Sample) -> None:
    """Raises AnalysisError naming the first covariate that the treatment and those before it determine."""
    columns = np.column_stack([np.ones(len(sample.y)), sample.treated, sample.design[:, 1:]])
    if columns.shape[0] <= columns.shape[1]:
        raise AnalysisError(
            f"{len(sample.y)} rows are too few for {len(sample.covariates)} covariates; name fewer covariates"
        )
    left = np.abs(np.diagonal(np.linalg.qr(columns, mode="r"))) / np.sqrt(len(sample.y))
    for covariate, size in zip(sample.covariates, left[2:], strict=True):
        if size < _COLLINEAR:
            raise AnalysisError(
                f"the covariate {covariate!r} follows exactly from the treatment and the other covariates in "
                f"{sample.description}; name the covariates without it"
            )


def _check_roles(question: Question) -> None:
    named = question.covariates or ()
    columns = (question.treatment, question.outcome, *named)
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice is not None:
        raise AnalysisError(f"the column {twice!r} is named twice; treatment, outcome and covariates must differ")
    if len(named) > MAX_COVARIATES:
        raise AnalysisError(f"{len(named)} covariates are named; the tools take {MAX_COVARIATES}")


def _usable(sources: Sequence[NamedTable], question: Question) -> tuple[tuple[str, ...], list[str]]:
    """All numeric columns that every source has, and a note about the others."""
    roles = (question.treatment, question.outcome)
    shared = [
        str(column)
        for column in sources[0].frame.columns
        if column not in roles and all(column in source.frame.columns for source in sources)
    ]
    numeric = tuple(column for column in shared if all(_is_numeric(source.frame[column]) for source in sources))
    if not numeric:
        raise AnalysisError(f"{' and '.join(source.name for source in sources)} share no numeric column for covariates")
    if len(numeric) > MAX_COVARIATES:
        raise AnalysisError(f"there are {len(numeric)} numeric columns and the tools take {MAX_COVARIATES}: name some")
    others = [column for column in shared if column not in numeric]
    return numeric, [f"not numeric and left out of the covariates: {', '.join(others)}"] if others else []


def _is_numeric(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column.dtype)) and not pd.api.types.is_complex_dtype(column.dtype)


def _check_numeric(source: NamedTable, columns: Sequence[str]) -> None:
    for column in columns:
        values = source.frame[column]
        if not _is_numeric(values):
            example = next(iter(values.dropna()), None)
            raise AnalysisError(
                f"the column {column!r} of {source.name} is not numeric (it holds {example!r}, for example); "
                "name numeric columns only"
            )


def _rows(table: NamedTable, comparison: NamedTable | None, treatment: str, used: Sequence[str]) -> pd.DataFrame:
    columns = [treatment, *used]
    own = table.frame[columns].assign(**{treatment: _binary(table, treatment)})
    if comparison is None:
        return own
    others = comparison.frame[list(used)].assign(**{treatment: 0.0})
    if treatment in comparison.frame.columns:
        others = others[_binary(comparison, treatment) == 0]
    # Rows without a value of the treatment belong to neither group.
    return pd.concat([own[own[treatment] == 1], others[columns]], ignore_index=True)


def _binary(source: NamedTable, treatment: str) -> pd.Series:
    values = source.frame[treatment]
    found = list(values.dropna().unique()[:6])
    if not _is_numeric(values) or any(value not in {0, 1} for value in found):
        shown = ", ".join(repr(getattr(value, "item", lambda value=value: value)()) for value in found)
        raise AnalysisError(
            f"the treatment {treatment!r} of {source.name} must be 1 for treated and 0 for controls, and holds {shown}"
        )
    return values.astype(float)


def _complete(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    finite = frame.astype(float).replace([np.inf, -np.inf], np.nan).dropna()
    return finite, len(frame) - len(finite)


def _check_groups(sample: Sample) -> None:
    treated = int(sample.treated.sum())
    for group, size in (("treated", treated), ("controls", len(sample.y) - treated)):
        if size < MIN_GROUP:
            raise AnalysisError(
                f"{sample.description} has {size} {group} with complete rows and needs {MIN_GROUP} at least; "
                "check the treatment column, missing values and the comparison"
            )
    if np.ptp(sample.y) == 0:
        raise AnalysisError(f"the outcome {sample.question.outcome!r} has one value only in {sample.description}")


def _varying(sample: Sample, *, named: bool) -> Sample:
    """The sample without its constant covariates. Raises AnalysisError if the caller named one of them."""
    constant = np.ptp(sample.x, axis=0) == 0
    if not constant.any():
        return sample
    names = [name for name, is_constant in zip(sample.covariates, constant, strict=True) if is_constant]
    if named:
        raise AnalysisError(f"the covariate {names[0]!r} has one value only in {sample.description}; leave it out")
    kept = tuple(name for name in sample.covariates if name not in names)
    note = f"one value only and left out of the covariates: {', '.join(names)}"
    return replace(sample, covariates=kept, x=sample.x[:, ~constant], notes=(*sample.notes, note))
