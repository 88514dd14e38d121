"""Tables from files, within limits, as frames."""

from pathlib import Path
from typing import Final

import duckdb
import pandas as pd

from tools.analysis.errors import AnalysisError
from tools.tables.errors import TableError
from tools.tables.reader import open_table

MAX_BYTES: Final = 256 * 2**20
MAX_ROWS: Final = 500_000
MAX_COLUMNS: Final = 200

REMARKS: Final = "remarks"
"""The key of a frame's `attrs` with what a reader should know of the file: a tuple of texts."""

_SHOWN_COLUMNS: Final = 40


def read_table(name: str, path: Path) -> pd.DataFrame:
    """The whole file, with the rows, columns and types that SQL sees. Times with a zone are in UTC, without the zone.
    Raises AnalysisError if it is not a table or exceeds a limit; `name` is for the message."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise AnalysisError(f"table {name} has {size:,} bytes; the tools take {MAX_BYTES:,}: analyse an extract")
    try:
        frame = _frame(name, path)
    except (TableError, duckdb.Error) as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[0]
        kind = "PARQUET" if path.suffix.lower() == ".parquet" else "CSV"
        raise AnalysisError(f"table {name} cannot be read as {kind}: {reason}") from None
    if len(frame) > MAX_ROWS:
        raise AnalysisError(f"table {name} has more than {MAX_ROWS:,} rows; analyse a sample of them")
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


def _frame(name: str, path: Path) -> pd.DataFrame:
    """One row over the limit at most."""
    with duckdb.connect(":memory:") as connection, open_table(connection, path) as table:
        relation = connection.sql(table.query)
        count = len(relation.columns)
        if count > MAX_COLUMNS:
            raise AnalysisError(f"table {name} has {count:,} columns; the tools take {MAX_COLUMNS}: drop some")
        # A frame would need the zone from the operating system, which need not have it.
        columns = ", ".join(
            f"timezone('UTC', #{place})" if found.id == "timestamp with time zone" else f"#{place}"
            for place, found in enumerate(relation.types, start=1)
        )
        frame: pd.DataFrame = relation.project(columns).limit(MAX_ROWS + 1).df()
        frame.columns = pd.Index(relation.columns)
        frame.attrs[REMARKS] = table.remarks
        return frame
