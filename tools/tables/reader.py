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
    needs_digits,
    remarks_on,
)
from tools.tables.dialect import PLAIN, Dialect, find_dialect
from tools.tables.errors import TableError
from tools.tables.names import quoted, text_literal
from tools.tables.rewriting import rewritten
from tools.tables.text_file import text_file

_SAMPLED_ROWS: Final = 2_000


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
        if dialect.quoting is PLAIN and text.has_one_line_end and not dialect.skipped:
            found = _read(connection, _Source(text.path, dialect, text.is_gzip), remarks)
        if not isinstance(found, Table):
            copy = stack.enter_context(rewritten(text, dialect))
            found = _read(connection, _Source(copy.path, copy.dialect), remarks + copy.remarks)
        if not isinstance(found, Table):
            raise TableError(found)
        yield found


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
    except duckdb.Error as error:
        return " ".join(str(error).split("Possible fixes")[0].split())[:300]


def _table(connection: duckdb.DuckDBPyConnection, source: _Source, remarks: tuple[str, ...]) -> Table:
    dialect = source.dialect
    columns = [Column(place, name, dialect.is_named(place)) for place, name in enumerate(dialect.names)]
    kinds = _kinds(connection, columns, source.sql)
    typed = [(column, kinds[column.position]) for column in columns if column.position in kinds]
    if not typed:
        raise TableError("the file has neither names nor values; its first line must name the columns")
    digits = _digits(connection, [column for column, kind in typed if needs_digits(kind)], source.sql)
    selected = ", ".join(
        f"{expression(column, kind, digits.get(column.position))} AS {quoted(column.name)}" for column, kind in typed
    )
    return Table(f"SELECT {selected} FROM {source.sql}", (*remarks, *remarks_on(typed)))  # noqa: S608  as above


def _kinds(connection: duckdb.DuckDBPyConnection, columns: list[Column], source: str) -> dict[int, Kind | None]:
    """What each column can be read as, by position; without columns that have neither a name nor a value."""
    sample = f"(SELECT * FROM {source} LIMIT {_SAMPLED_ROWS})"  # noqa: S608  names of its own and literals
    guesses = _kinds_in(connection, dict.fromkeys(columns), sample)
    kinds = guesses | _kinds_in(connection, {column: kind for column, kind in guesses.items() if kind != 0}, source)
    unnamed = [column for column in columns if not column.is_named and kinds[column] != 0]
    counts = _first_row(connection, [f"count(nullif({column.text}, ''))" for column in unnamed], source)
    empty = {column for column, count in zip(unnamed, counts, strict=True) if not count}
    return {column.position: kind for column, kind in kinds.items() if column not in empty}


def _kinds_in(
    connection: duckdb.DuckDBPyConnection, guesses: Mapping[Column, Kind | None], source: str
) -> dict[Column, Kind | None]:
    row = _first_row(connection, [column.kind(guess) for column, guess in guesses.items()], source)
    return {column: None if mask is None else Kind(mask) for column, mask in zip(guesses, row, strict=True)}


def _digits(connection: duckdb.DuckDBPyConnection, columns: list[Column], source: str) -> dict[int, tuple[int, int]]:
    row = _first_row(connection, [column.digits() for column in columns], source)
    return {column.position: (row[2 * i], row[2 * i + 1]) for i, column in enumerate(columns)}


def _first_row(connection: duckdb.DuckDBPyConnection, aggregates: list[str], source: str) -> tuple[Any, ...]:
    """The aggregates over the whole source; reads nothing if there are none."""
    if not aggregates:
        return ()
    found: tuple[Any, ...] = connection.execute(f"SELECT {', '.join(aggregates)} FROM {source}").fetchall()[0]  # noqa: S608  as above
    return found
