"""Read-only SQL over tables in memory: no writes, no files, no network; time, rows and memory are limited."""

import math
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb

from tools.sql.result import MAX_SECONDS, Rows, SqlError, SqlMemoryError, quoted

MAX_ROWS: Final = 200
MAX_CELL_CHARS: Final = 2_000
MAX_RESULT_CHARS: Final = 100_000

_MEMORY_LIMIT: Final = "384MB"
_READ_ONLY: Final = frozenset({duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN})
_POLL_SECONDS: Final = 0.02

_LOCK_STATEMENTS: Final = (
    "SET enable_external_access = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    # Last, because afterwards no setting can be changed, not even this one.
    "SET lock_configuration = true",
)


class SqlDatabase:
    """Tables from CSV files. Safe to use from several threads: each query has its own cursor."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, unreadable: Mapping[str, str]) -> None:
        self._connection = connection
        self.unreadable = unreadable
        """Tables that could not be created, with the reasons."""

    @classmethod
    def load(cls, files: Mapping[str, Path]) -> "SqlDatabase":
        """Creates a table from each file and locks the database: SQL can then read no file and change no setting."""
        # With an empty temp_directory nothing is spilled to disk: a query over the memory limit fails instead.
        connection = duckdb.connect(":memory:", config={"memory_limit": _MEMORY_LIMIT, "temp_directory": ""})
        unreadable: dict[str, str] = {}
        for table, path in files.items():
            try:
                connection.execute(f"CREATE TABLE {quoted(table)} AS SELECT * FROM read_csv(?)", [str(path)])  # noqa: S608  a quoted name
            except duckdb.Error as error:
                unreadable[table] = _first_line(error)
        for statement in _LOCK_STATEMENTS:
            connection.execute(statement)
        return cls(connection, unreadable)

    def query(self, sql: str, cancelled: threading.Event, seconds: float = MAX_SECONDS, rows: int = MAX_ROWS) -> Rows:
        """The first rows of one SELECT. Raises SqlError; `cancelled` stops it early."""
        _check_read_only(sql)
        with self._cursor() as cursor, _interrupted_after(cursor, seconds, cancelled) as done:
            try:
                cursor.execute(sql)
                found = cursor.fetchmany(rows + 1)
            except duckdb.InterruptException:
                raise SqlError(_interruption_message(cancelled, seconds)) from None
            except duckdb.OutOfMemoryException:
                message = f"the query needs more memory than {_MEMORY_LIMIT}; aggregate more or select fewer rows"
                raise SqlMemoryError(message) from None
            except duckdb.Error as error:
                raise SqlError(str(error).strip()) from None
            done.set()
            columns = tuple(str(column[0]) for column in cursor.description or ())
        return _bounded(columns, found, rows)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._connection.cursor()
        try:
            # A statement that parses as a SELECT may still write (WITH x AS (INSERT …)); here the engine rejects it.
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            yield cursor
        finally:
            cursor.close()


def _check_read_only(sql: str) -> None:
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise SqlError(str(error).strip()) from None
    if len(statements) != 1:
        raise SqlError(f"the query holds {len(statements)} statements; send exactly one SELECT")
    kind = statements[0].type
    if kind not in _READ_ONLY:
        raise SqlError(f"{kind.name} is not allowed, the data can only be read; send a SELECT")


@contextmanager
def _interrupted_after(
    cursor: duckdb.DuckDBPyConnection, seconds: float, cancelled: threading.Event
) -> Iterator[threading.Event]:
    """Interrupts the cursor when the time is up or the run is cancelled, until the yielded event is set."""
    done = threading.Event()
    limit = time.monotonic() + seconds

    def watch() -> None:
        while not done.wait(_POLL_SECONDS):
            # Repeated, because DuckDB forgets an interrupt between two steps of a query.
            if cancelled.is_set() or time.monotonic() >= limit:
                cursor.interrupt()

    watcher = threading.Thread(target=watch, name="longrun-sql-limit", daemon=True)
    watcher.start()
    try:
        yield done
    finally:
        done.set()
        watcher.join()


def _interruption_message(cancelled: threading.Event, seconds: float) -> str:
    if cancelled.is_set():
        return "the query was stopped because the run was cancelled"
    return f"the query was stopped after {seconds:g} s; make it cheaper, for example by a filter or fewer joins"


def _bounded(columns: tuple[str, ...], found: list[Any], limit: int) -> Rows:
    kept: list[tuple[Any, ...]] = []
    truncated = len(found) > limit
    size = 0
    for row in found[:limit]:
        values = tuple(_to_json(value) for value in row)
        cut = tuple(_cut(value) for value in values)
        size += sum(len(str(value)) for value in cut)
        if size > MAX_RESULT_CHARS:
            if not kept:
                raise SqlError(f"a single row has more than {MAX_RESULT_CHARS} characters; select fewer columns")
            truncated = True
            break
        truncated = truncated or cut != values
        kept.append(cut)
    return Rows(columns, tuple(kept), truncated)


def _to_json(value: object) -> object:
    """Numbers stay numbers, NaN and infinity become null, everything else becomes text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value)
    return str(value)


def _cut(value: object) -> object:
    return f"{value[: MAX_CELL_CHARS - 1]}…" if isinstance(value, str) and len(value) > MAX_CELL_CHARS else value


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
