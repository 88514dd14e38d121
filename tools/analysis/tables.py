"""Tables from files: CSV or Parquet, within limits."""

from pathlib import Path
from typing import Final

import duckdb
import pandas as pd

from tools.analysis.errors import AnalysisError

MAX_BYTES: Final = 256 * 2**20
MAX_ROWS: Final = 500_000
MAX_COLUMNS: Final = 200

_SHOWN_COLUMNS: Final = 40


def read_table(name: str, path: Path) -> pd.DataFrame:
    """The whole file. Raises AnalysisError if it is not a table or exceeds a limit; `name` is for the message."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise AnalysisError(f"table {name} has {size:,} bytes; the tools take {MAX_BYTES:,}: analyse an extract")
    try:
        frame = _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
    except (ValueError, duckdb.Error) as error:  # pandas' own errors are ValueErrors
        reason = (str(error).strip().splitlines() or ["no reason given"])[0]
        raise AnalysisError(f"table {name} cannot be read as {path.suffix[1:].upper()}: {reason}") from None
    if len(frame) > MAX_ROWS:
        raise AnalysisError(f"table {name} has more than {MAX_ROWS:,} rows; analyse a sample of them")
    if frame.shape[1] > MAX_COLUMNS:
        raise AnalysisError(f"table {name} has {frame.shape[1]:,} columns; the tools take {MAX_COLUMNS}: drop some")
    if frame.empty:
        raise AnalysisError(f"table {name} has no rows")
    return frame.astype(dict.fromkeys(_booleans_with_gaps(frame), "boolean"))


def check_columns(name: str, frame: pd.DataFrame, columns: tuple[str, ...]) -> None:
    """Raises AnalysisError naming the first of the columns that the table does not have."""
    for column in columns:
        if column not in frame.columns:
            known = [str(known) for known in frame.columns[:_SHOWN_COLUMNS]]
            more = ", …" if frame.shape[1] > _SHOWN_COLUMNS else ""
            raise AnalysisError(f"table {name} has no column {column!r}; its columns are {', '.join(known)}{more}")


def _booleans_with_gaps(frame: pd.DataFrame) -> list[str]:
    """The columns that pandas reads as objects because a boolean value is missing."""
    objects = [column for column in frame.columns if pd.api.types.is_object_dtype(frame[column].dtype)]
    return [column for column in objects if pd.api.types.infer_dtype(frame[column], skipna=True) == "boolean"]


def _csv(path: Path) -> pd.DataFrame:
    # With low_memory=False a column has one type, however long it is.
    return pd.read_csv(path, nrows=MAX_ROWS + 1, low_memory=False)


def _parquet(path: Path) -> pd.DataFrame:
    with duckdb.connect(":memory:") as connection:
        found = connection.execute("SELECT * FROM read_parquet(?) LIMIT ?", [str(path), MAX_ROWS + 1])
        return found.df()
