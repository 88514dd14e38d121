"""The input and output of a tool: the source of its tables and the sink of its files. Each caller provides its own."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tools.analysis.errors import AnalysisError


class TableSource(Protocol):
    """The tables that can be analysed. Its methods raise AnalysisError if the data cannot be read."""

    def names(self) -> Sequence[str]:
        """The tables by name, in a stable order."""

    def path(self, name: str) -> Path:
        """The file of one of these tables on this machine; a Parquet file's name ends in .parquet, any other is CSV."""

    def notes(self) -> str:
        """Notes about the data; empty if there are none."""


class FileSink(Protocol):
    """Stores the files of an analysis."""

    def put(self, name: str, body: bytes, content_type: str, /) -> object:
        """Store a file under a relative name such as plots/age.png, in place of one of the same name."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """One run's tables and files; `cancelled` is set when the result is no longer wanted."""

    tables: TableSource
    files: FileSink
    cancelled: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raises AnalysisError once the run is cancelled; called between two steps of an analysis."""
        if self.cancelled.is_set():
            raise AnalysisError("the analysis was stopped because the run was cancelled")
