"""Read-only SQL over tables in memory: no writes, no files, no network; time, rows and memory are limited."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb

from tools.sql.result import MAX_SECONDS, Rows, SqlError, SqlMemoryError
from tools.sql.statements import check_read_only, without_end
from tools.sql.values import cut, exact_type, to_json
from tools.tables.errors import TableError
from tools.tables.names import quoted
from tools.tables.reader import open_table

MAX_ROWS: Final = 200
MAX_CELL_CHARS: Final = 2_000
MAX_RESULT_CHARS: Final = 100_000

_MEMORY_LIMIT: Final = "384MB"
_POLL_SECONDS: Final = 0.02

_LOCK_STATEMENTS: Final = (
    # Times with a zone are shown in one zone, whatever the machine's is.
    "SET TimeZone = 'UTC'",
    "SET enable_external_access = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    # Last, because afterwards no setting can be changed, not even this one.
    "SET lock_configuration = true",
)


class SqlDatabase:
    """Tables from files. Safe to use from several threads: each query has its own cursor."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        unreadable: Mapping[str, str],
        remarks: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._connection = connection
        self.unreadable = unreadable
        """Tables that could not be created, with the reasons."""
        self.remarks = remarks
        """Tables about whose file there is something to know, with what it is."""

    @classmethod
    def load(cls, files: Mapping[str, Path]) -> "SqlDatabase":
        """Creates a table from each file and locks the database: SQL can then read no file and change no setting."""
        # With an empty temp_directory nothing is spilled to disk: a query over the memory limit fails instead.
        connection = duckdb.connect(":memory:", config={"memory_limit": _MEMORY_LIMIT, "temp_directory": ""})
        unreadable: dict[str, str] = {}
        remarks: dict[str, tuple[str, ...]] = {}
        for table, path in files.items():
            try:
                with open_table(connection, path) as found:
                    connection.execute(f"CREATE TABLE {quoted(table)} AS {found.query}")
            except TableError as error:
                unreadable[table] = str(error)
            except duckdb.Error as error:
                unreadable[table] = _first_line(error)
            else:
                remarks |= {table: found.remarks} if found.remarks else {}
        for statement in _LOCK_STATEMENTS:
            connection.execute(statement)
        return cls(connection, unreadable, remarks)

    def query(self, sql: str, cancelled: threading.Event, seconds: float = MAX_SECONDS, rows: int = MAX_ROWS) -> Rows:
        """The first rows of one SELECT. Raises SqlError; `cancelled` stops it early."""
        kind = check_read_only(sql)
        with self._cursor() as cursor, _interrupted_after(cursor, seconds, cancelled) as done:
            try:
                columns, found = _run(cursor, sql, kind, rows + 1)
            except duckdb.InterruptException:
                raise SqlError(_interruption_message(cancelled, seconds)) from None
            except duckdb.OutOfMemoryException:
                message = f"the query needs more memory than {_MEMORY_LIMIT}; aggregate more or select fewer rows"
                raise SqlMemoryError(message) from None
            except duckdb.Error as error:
                raise SqlError(str(error).strip()) from None
            done.set()
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


def _run(
    cursor: duckdb.DuckDBPyConnection, sql: str, kind: duckdb.StatementType, limit: int
) -> tuple[tuple[str, ...], list[Any]]:
    """The names of the columns and the first rows, in types that Python has."""
    if kind is duckdb.StatementType.EXPLAIN:
        cursor.execute(sql)
        return tuple(str(column[0]) for column in cursor.description or ()), cursor.fetchall()
    relation = cursor.sql(without_end(sql))
    exact = ", ".join(
        f"CAST(#{position} AS {exact_type(found)})" for position, found in enumerate(relation.types, start=1)
    )
    return tuple(relation.columns), relation.project(exact).limit(limit).fetchall()


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
        values = tuple(to_json(value) for value in row)
        shown = tuple(cut(value, MAX_CELL_CHARS) for value in values)
        size += sum(len(str(value)) for value in shown)
        if size > MAX_RESULT_CHARS:
            if not kept:
                raise SqlError(f"a single row has more than {MAX_RESULT_CHARS} characters; select fewer columns")
            truncated = True
            break
        truncated = truncated or shown != values
        kept.append(shown)
    return Rows(columns, tuple(kept), truncated)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
