"""The data bucket's CSV and Parquet files as the tables of the analysis tools."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.process.logs import log
from tools.analysis.errors import AnalysisError
from tools.data_bucket.files import TABLE_SUFFIXES, DataFile, DataFiles, by_table


class BucketTables:
    """The tables of one run. It lists the bucket once, on first use. Blocks; safe to use from several threads."""

    def __init__(self, files: DataFiles) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._listed: tuple[DataFile, ...] | None = None

    def names(self) -> tuple[str, ...]:
        """The tables by name. Raises AnalysisError if there are none or the bucket cannot be read."""
        tables = tuple(self._tables())
        if not tables:
            raise AnalysisError(
                "the data bucket holds no CSV or Parquet file; deploy the stack with some in its data folder"
            )
        return tables

    def path(self, name: str) -> Path:
        """The table's file on this machine, downloaded if necessary."""
        file = self._tables()[name]
        with _redacted_errors():
            return self._files.path(file)

    def notes(self) -> str:
        """The first 8 KiB of the bucket's README.md."""
        listed = self._list()
        with _redacted_errors():
            return self._files.notes(listed)

    def _tables(self) -> dict[str, DataFile]:
        return by_table(self._list(), *TABLE_SUFFIXES)

    def _list(self) -> tuple[DataFile, ...]:
        with self._lock:
            if self._listed is None:
                with _redacted_errors():
                    self._listed = self._files.list_files()
            return self._listed


@contextmanager
def _redacted_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # S3's message names roles and buckets, and the model and the user read a tool's error.
        log("analysis.data_not_read", level="ERROR", exc_info=True)
        raise AnalysisError("the data files cannot be read now; the agent's log tells why") from error
