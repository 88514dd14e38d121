"""Tools that let an agent read the files of the data bucket with SQL."""

import functools
import json
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from strands import ToolContext, tool

from runtime.process.logs import log
from tools.data_bucket.files import TABLE_SUFFIXES, DataFile, DataFiles, by_table
from tools.sql.process import SqlChild, SqlProcess
from tools.sql.result import Rows, SqlError
from tools.tables.names import quoted

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class DataSource:
    """The database over the files of a bucket. Runs share it; it is replaced when the files have changed."""

    def __init__(self, files: DataFiles) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._loaded: tuple[tuple[DataFile, ...], SqlProcess, str] | None = None
        self._child: SqlChild | None = None

    def prepare(self) -> None:
        """Start the child process ahead of the first query; it gets its tables later. Does not block."""
        if self._lock.acquire(blocking=False):
            try:
                if self._loaded is None and self._child is None:
                    self._child = SqlChild()
            finally:
                self._lock.release()

    def current(self) -> tuple[SqlProcess, str]:
        """The database over the current files, and the bucket's notes. Raises SqlError if there are no tables."""
        with self._lock:
            listed = self._files.list_files()
            if self._loaded is None or self._loaded[0] != listed:
                tables = {table: self._files.path(file) for table, file in _tables(listed).items()}
                notes = self._files.notes(listed)
                child, self._child = self._child, None
                # Runs that use the previous process keep it; it ends with the last of them.
                self._loaded = (listed, SqlProcess(tables, child), notes)
            return self._loaded[1], self._loaded[2]


@functools.lru_cache(maxsize=1)
def shared_source(s3: "S3Client", bucket: str) -> DataSource:
    """The one source of a bucket in this process: later runs find the tables loaded."""
    return DataSource(DataFiles(s3, bucket))


class SqlTools:
    """The tools of one run. It lists the files once, when it first uses a tool."""

    def __init__(self, source: DataSource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._opened: tuple[SqlProcess, str] | None = None

    @tool
    def list_tables(self) -> str:
        """List the tables of the data set with their number of rows, their columns as SQL has to write them, and notes
        about the data. `remarks` say how the file of a table was read."""
        database, notes = self._open()
        names = database.query(_TABLES, threading.Event())
        counted = [(name, _count(database, str(name)), columns) for name, columns in names.rows]
        about: dict[str, Any] = {"notes": notes} if notes else {}
        about |= {"remarks": dict(database.remarks)} if database.remarks else {}
        about |= {"unreadable": dict(database.unreadable)} if database.unreadable else {}
        return _json(Rows(("table", "rows", "columns"), tuple(counted), names.truncated), about)

    @tool
    def describe_table(self, table: str) -> str:
        """Describe a table: for each column its type, smallest and largest value and share of missing values.

        Args:
            table: Name of the table, as list_tables gives it.
        """
        database, _ = self._open()
        sql = f"SELECT {_DESCRIPTION} FROM (SUMMARIZE {quoted(table)})"  # noqa: S608  a quoted name
        return _json(database.query(sql, threading.Event()))

    @tool(context=True)
    def run_sql(self, query: str, tool_context: ToolContext) -> str:
        """Run one SELECT in DuckDB's dialect and return its rows, 200 at most. The data can only be read.

        Args:
            query: A single SELECT statement. Aggregate in SQL rather than fetching many rows.
        """
        database, _ = self._open()
        return _json(database.query(query, tool_context.cancel_signal))

    def _open(self) -> tuple[SqlProcess, str]:
        with self._lock:
            if self._opened is None:
                try:
                    self._opened = self._source.current()
                except SqlError:
                    raise
                except Exception as error:
                    # S3's message names roles and buckets, and the model and the user read a tool's error.
                    log("sql.data_not_read", level="ERROR", exc_info=True)
                    raise SqlError("the data files cannot be read now; the worker's log tells why") from error
            return self._opened


_TABLES = """
SELECT table_name, string_agg(CASE
    WHEN regexp_full_match(column_name, '[a-zA-Z_][a-zA-Z0-9_]*') AND lower(column_name) NOT IN (
        SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category IN ('reserved', 'type_function'))
    THEN column_name ELSE '"' || replace(column_name, '"', '""') || '"' END, ', ' ORDER BY column_index)
FROM duckdb_columns() WHERE NOT internal GROUP BY table_name ORDER BY table_name"""

_DESCRIPTION = """column_name AS "column", column_type AS "type", "min", "max", approx_unique AS "distinct",
null_percentage AS missing_percent"""


def _tables(listed: Iterable[DataFile]) -> dict[str, DataFile]:
    tables = by_table(listed, *TABLE_SUFFIXES)
    if not tables:
        raise SqlError("the data bucket holds no CSV or Parquet file; deploy the stack with some in its data folder")
    return tables


def _count(database: SqlProcess, table: str) -> int:
    return int(database.query(f"SELECT count(*) FROM {quoted(table)}", threading.Event()).rows[0][0])  # noqa: S608  a quoted name


def _json(rows: Rows, extra: dict[str, Any] | None = None) -> str:
    return json.dumps({**rows.to_json(), **(extra or {})}, ensure_ascii=False)
