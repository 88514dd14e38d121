"""What the columns of a table hold: types, missing values, distributions."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

_QUANTILES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_NUMBERS: Final = ("mean", "sd", "min", "p25", "median", "p75", "max")


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column. `numbers` are mean, standard deviation and quantiles of a numeric column, otherwise empty;
    `common` the most frequent value of any other, as text."""

    column: str
    type: str
    missing: int
    distinct: int
    numbers: tuple[float | None, ...]
    common: str | None


@dataclass(frozen=True, slots=True)
class TableProfile:
    """All columns of a table in their order."""

    table: str
    row_count: int
    columns: tuple[ColumnProfile, ...]

    def to_json(self) -> dict[str, Any]:
        """A table, its rows as lists."""
        no_numbers: tuple[None, ...] = (None,) * len(_NUMBERS)
        return {
            "kind": "profile",
            "table": self.table,
            "columns": ["column", "type", "missing", "distinct", *_NUMBERS, "most_common"],
            "rows": [
                [
                    column.column,
                    column.type,
                    column.missing,
                    column.distinct,
                    *(column.numbers or no_numbers),
                    column.common,
                ]
                for column in self.columns
            ],
            "table_rows": self.row_count,
        }


def profile_table(name: str, frame: pd.DataFrame) -> TableProfile:
    """The profile of a whole table. Infinite numbers count as missing."""
    columns = tuple(_profiled(str(column), frame[column]) for column in frame.columns)
    return TableProfile(name, len(frame), columns)


def _profiled(name: str, values: pd.Series) -> ColumnProfile:
    is_boolean = pd.api.types.is_bool_dtype(values.dtype)
    if not is_boolean and pd.api.types.is_numeric_dtype(values.dtype):
        return _numeric(name, values.replace([np.inf, -np.inf], np.nan))
    is_time = pd.api.types.is_datetime64_any_dtype(values.dtype)
    kind = "truth value" if is_boolean else "time" if is_time else "text"
    texts = values.dropna().astype(str)  # nested values of Parquet files cannot be counted as they are
    return ColumnProfile(name, kind, len(values) - len(texts), int(texts.nunique()), (), _most_common(texts))


def _numeric(name: str, values: pd.Series) -> ColumnProfile:
    present = values.dropna().astype(float)
    kind = "integer" if (present == present.round()).all() else "number"
    missing = len(values) - len(present)
    return ColumnProfile(name, kind, missing, int(present.nunique()), _distribution(present), None)


def _distribution(present: "pd.Series[float]") -> tuple[float | None, ...]:
    if present.empty:
        return (None,) * len(_NUMBERS)
    spread = float(present.std(ddof=1)) if len(present) > 1 else None
    return (float(present.mean()), spread, *(float(value) for value in present.quantile(list(_QUANTILES))))


def _most_common(texts: "pd.Series[str]") -> str | None:
    counts = texts.value_counts()
    return str(counts.index[0])[:80] if len(counts) else None
