"""Reads a file as a table: CSV in any of the usual dialects, compressed or not, or Parquet."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from tools.tables.column_types import (
    Column,
    Kind,
    expression,
    is_text,
    kind_of,
    needs_digits,
    remarks_on,
)
from tools.tables.dialect import Dialect, find_dialect
from tools.tables.errors import TableError
from tools.tables.names import quoted, text_literal
from tools.tables.rewriting import rewritten
from tools.tables.text_file import text_file

_SAMPLED_ROWS: Final = 2_500
_COLUMNS_AT_ONCE: Final = 20
"""In one query; the time that DuckDB takes to plan a query grows faster than its length."""


@dataclass(frozen=True, slots=True)
class Table:
    """`query` is a SELECT of the whole table in the file's order; `remarks` state what a reader should know of it."""

    query: str
    remarks: tuple[str, ...] = ()


@contextmanager
def open_table(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[Table]:
    """The table in a file, whose name ends in .parquet if it is no CSV file. The query can be run within the context.
    Raises TableError if the file is no table, and what DuckDB raises for lack of memory."""
    if path.suffix.lower() == ".parquet":
        yield Table(f"SELECT * FROM read_parquet({text_literal(str(path))})")  # noqa: S608  a literal
        return
    with ExitStack() as stack:
        text = stack.enter_context(text_file(path))
        dialect = find_dialect(text.head, complete=text.complete)
        remarks = (*text.remarks, *dialect.remarks)
        found: Table | str = ""
        # DuckDB may lose rows without an error where line ends differ or lines are skipped.
        if dialect.is_plain and text.has_one_line_end and not dialect.skipped:
            found = _read(connection, _Source(text.path, dialect, text.is_gzip), remarks)
        if not isinstance(found, Table):
            copy = stack.enter_context(rewritten(text, dialect))
            found = _read(connection, _Source(copy.path, copy.dialect), remarks + copy.remarks)
        if not isinstance(found, Table):
            raise TableError(found)
        yield found


class _LostRowsError(Exception):
    """DuckDB reads other rows than the file has."""


@dataclass(frozen=True, slots=True)
class _Source:
    """A file in plain quoting, whose columns are c0, c1, … as text. A value is NULL if it is empty without quotes."""

    path: Path
    dialect: Dialect
    is_gzip: bool = False

    @property
    def sql(self) -> str:
        dialect = self.dialect
        columns = ", ".join(f"c{position}: 'VARCHAR'" for position in range(dialect.width))
        read = (
            f"read_csv({text_literal(str(self.path))}, auto_detect=false, columns={{{columns}}}, "
            f"delim={text_literal(dialect.delimiter)}, quote='\"', escape='\"', "
            f"header={str(dialect.has_header).lower()}, compression='{'gzip' if self.is_gzip else 'none'}', "
            "allow_quoted_nulls=false, strict_mode=true)"
        )
        # In a file of one column a blank line would be a row.
        return f"{read} WHERE c0 IS NOT NULL" if dialect.width == 1 else read


def _read(connection: duckdb.DuckDBPyConnection, source: _Source, remarks: tuple[str, ...]) -> Table | str:
    """The table, or the reason for which DuckDB does not take the file, for example a short row."""
    try:
        return _table(connection, source, remarks)
    except (duckdb.OutOfMemoryException, duckdb.InterruptException):
        raise
    except _LostRowsError as error:
        return str(error)
    except duckdb.Error as error:
        return " ".join(str(error).split("Possible fixes")[0].split())[:300]


def _table(connection: duckdb.DuckDBPyConnection, source: _Source, remarks: tuple[str, ...]) -> Table:
    dialect = source.dialect
    columns = [Column(place, name, dialect.is_named(place)) for place, name in enumerate(dialect.names)]
    kinds = _kinds(connection, columns, source)
    typed = [(column, kinds[column.position]) for column in columns if column.position in kinds]
    if not typed:
        raise TableError("the file has neither names nor values; its first line must name the columns")
    digits = _digits(connection, [column for column, kind in typed if needs_digits(kind)], source.sql)
    selected = ", ".join(
        f"{expression(column, kind, digits.get(column.position))} AS {quoted(column.name)}" for column, kind in typed
    )
    return Table(f"SELECT {selected} FROM {source.sql}", (*remarks, *remarks_on(typed, digits)))  # noqa: S608  as above


def _kinds(connection: duckdb.DuckDBPyConnection, columns: list[Column], source: _Source) -> dict[int, Kind | None]:
    """What each column can be read as, by position; without columns that have neither a name nor a value."""
    guesses, sampled = _sample(connection, columns, source.sql)
    is_whole = sampled < _SAMPLED_ROWS
    _check_rows(connection, source, sampled if is_whole else None)
    open_guesses = {} if is_whole else {column: kind for column, kind in guesses.items() if not is_text(kind)}
    kinds = guesses | _kinds_in(connection, open_guesses, source.sql)
    unnamed = [column for column in columns if not column.is_named and kinds[column] != 0]
    counts = _first_row(connection, [f"count(nullif({column.text}, ''))" for column in unnamed], source.sql)
    empty = {column for column, count in zip(unnamed, counts, strict=True) if not count}
    return {column.position: kind for column, kind in kinds.items() if column not in empty}


def _sample(
    connection: duckdb.DuckDBPyConnection, columns: list[Column], source: str
) -> tuple[dict[Column, Kind | None], int]:
    """What each column can be read as by the first rows, and how many these are."""
    values = ", ".join(column.text for column in columns)
    query = (
        f"SELECT place, {kind_of('value')}, count(*) FROM (SELECT unnest([{values}]) AS value, "  # noqa: S608  as above
        f"unnest(range({len(columns)})) AS place FROM (SELECT * FROM {source} LIMIT {_SAMPLED_ROWS})) GROUP BY place"
    )
    found = {place: (mask, count) for place, mask, count in connection.execute(query).fetchall()}
    masks = [found.get(place, (None, 0))[0] for place in range(len(columns))]
    guesses = {column: _kind(mask) for column, mask in zip(columns, masks, strict=True)}
    return guesses, max((count for _, count in found.values()), default=0)


def _check_rows(connection: duckdb.DuckDBPyConnection, source: _Source, count: int | None) -> None:
    """Raises _LostRowsError if the number of rows is known and DuckDB reads another."""
    expected = source.dialect.rows
    if expected is None:
        return
    if count is None:
        count = _first_row(connection, ["count(*)"], source.sql)[0]
    if count != expected:
        raise _LostRowsError(f"DuckDB reads {count} of {expected} rows")


def _kinds_in(
    connection: duckdb.DuckDBPyConnection, guesses: Mapping[Column, Kind | None], source: str
) -> dict[Column, Kind | None]:
    """What of its guess each column can be read as."""
    kinds: dict[Column, Kind | None] = {}
    items = list(guesses.items())
    for start in range(0, len(items), _COLUMNS_AT_ONCE):
        batch = items[start : start + _COLUMNS_AT_ONCE]
        row = _first_row(connection, [kind_of(column.text, guess) for column, guess in batch], source)
        for (column, guess), mask in zip(batch, row, strict=True):
            kind = _kind(mask)
            kinds[column] = kind if guess is None or kind is None else kind & guess
    return kinds


def _kind(mask: int | None) -> Kind | None:
    return None if mask is None else Kind(mask)


def _digits(connection: duckdb.DuckDBPyConnection, columns: list[Column], source: str) -> dict[int, tuple[int, int]]:
    row = _first_row(connection, [column.digits() for column in columns], source)
    return {column.position: (row[2 * i], row[2 * i + 1]) for i, column in enumerate(columns)}


def _first_row(connection: duckdb.DuckDBPyConnection, aggregates: list[str], source: str) -> tuple[Any, ...]:
    """The aggregates over the whole source; reads nothing if there are none."""
    if not aggregates:
        return ()
    found: tuple[Any, ...] = connection.execute(f"SELECT {', '.join(aggregates)} FROM {source}").fetchall()[0]  # noqa: S608  as above
    return found
