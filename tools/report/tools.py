"""Tools that let an agent read the results of a run and write its report."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from strands import tool

from runtime.process.logs import log
from runtime.process.run_files import RunFileError, RunFiles
from tools.report.check import broken_links, unknown_numbers

REPORT: Final = "report.md"
MAX_REPORT_CHARS: Final = 200_000

_RESULTS: Final = "results/"
_COLUMNS: Final = (
    "method",
    "sample",
    "estimate",
    "standard_error",
    "ci_low",
    "ci_high",
    "treated",
    "controls",
    "effective_controls",
)


class ReportError(ValueError):
    """A report or a request that is not valid. The message is for the model that sent it."""


class ReportTools:
    """The tools of one run; they work on its files."""

    def __init__(self, files: RunFiles) -> None:
        self._files = files

    @tool
    def list_results(self) -> str:
        """List what was kept in this run: a table of all estimates, and the names of other results and of plots."""
        with _redacted_errors():
            names = self._files.list()
            results = self._results(names)
        estimates = {name: result for name, result in results.items() if result.get("kind") == "estimate"}
        listed = {
            "columns": ("name", *_COLUMNS),
            "rows": [[name, *(result.get(column) for column in _COLUMNS)] for name, result in estimates.items()],
            "row_count": len(estimates),
            "other_results": [name for name in results if name not in estimates],
            "plots": [name for name in names if name.endswith(".png")],
        }
        return json.dumps(listed, ensure_ascii=False)

    @tool
    def read_result(self, name: str) -> str:
        """Read one kept result in full, as JSON.

        Args:
            name: Name of the result, as list_results gives it.
        """
        if not name.startswith(_RESULTS) or not name.endswith(".json"):
            raise ReportError(f"{name!r} is no result; take a name that list_results gives")
        with _redacted_errors():
            return self._files.get(name).decode()

    @tool
    def write_report(self, markdown: str) -> str:
        """Write the report of this run; one that was written before is replaced. Names the figures that are in no
        kept result.

        Args:
            markdown: The whole report. Plots are put in by relative links, such as ![Earnings](plots/earnings.png).
        """
        if not markdown.strip() or len(markdown) > MAX_REPORT_CHARS:
            raise ReportError(f"a report has between 1 and {MAX_REPORT_CHARS:,} characters; this has {len(markdown):,}")
        with _redacted_errors():
            names = self._files.list()
            broken = broken_links(markdown, names)
            if broken:
                plots = ", ".join(name for name in names if name != REPORT) or "none"
                raise ReportError(f"the report links to {broken[0]}, which this run does not have; it has {plots}")
            unknown = unknown_numbers(markdown, self._results(names).values())
            self._files.put(REPORT, markdown.encode(), "text/markdown; charset=utf-8")
        return json.dumps({"file": REPORT, "characters": len(markdown), "figures_in_no_result": unknown})

    def _results(self, names: list[str]) -> dict[str, dict[str, Any]]:
        stored = [name for name in names if name.startswith(_RESULTS) and name.endswith(".json")]
        return {name: json.loads(self._files.get(name)) for name in stored}


@contextmanager
def _redacted_errors() -> Iterator[None]:
    try:
        yield
    except (ReportError, RunFileError):
        raise
    except Exception as error:
        # S3's message names roles and buckets, and the model and the user read a tool's error.
        log("report.files_not_reached", level="ERROR", exc_info=True)
        raise ReportError("the run's files cannot be reached now; the agent's log tells why") from error
