"""What a tool works with: where tables come from and where files go. Each door brings its own."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tools.analysis.errors import AnalysisError


class TableSource(Protocol):
    """The tables that can be analysed. Its methods raise AnalysisError where the data cannot be read."""

    def names(self) -> Sequence[str]:
        """The tables by name, in a steady order."""

    def path(self, name: str) -> Path:
        """The file of one of these tables on this machine; it ends in .csv or .parquet."""

    def notes(self) -> str:
        """What is known about the data in words; empty where nothing is."""


class FileSink(Protocol):
    """Keeps what an analysis makes."""

    def put(self, name: str, body: bytes, content_type: str, /) -> object:
        """Keep a file under a relative name such as plots/age.png; one of the same name is replaced."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """One run's tables and files; `cancelled` is set when nobody wants the result any more."""

    tables: TableSource
    files: FileSink
    cancelled: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raises AnalysisError once the run is cancelled; called between two steps of an analysis."""
        if self.cancelled.is_set():
            raise AnalysisError("the analysis was stopped because the run was cancelled")
