"""How a run came out: for people a table of one row, for programs the document of `ask --json` and `watch --json`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table
from rich.text import Text

from cli.errors import FAILURE, SUCCESS
from cli.output import Output, milliseconds, printable, size
from cli.run_times import JournalTimes, OwnTimes
from client.answer_text import AnswerText
from client.events import STATUS_BY_ENDING, RunEvent
from client.files import RunFile

STATUS_STYLES = {"SUCCEEDED": "bold green", "FAILED": "bold red", "TIMED_OUT": "bold red", "CANCELLED": "bold yellow"}

ROW_WIDTH = 85
"""Columns that the figures take beside each other; a run id that is cut is of no use."""


@dataclass(slots=True)
class Summary:
    """What was seen of a run so far."""

    run_id: str
    session_id: str | None = None
    agent: str | None = None
    """Who carries the run: an agent's name, or that of the pipeline."""
    status: str | None = None
    events: int = 0
    last_seq: int = 0
    error: Mapping[str, Any] | None = None
    files: Sequence[RunFile] | None = None
    """What a background run made; None where that is not known."""
    is_background: bool = False
    text: AnswerText = field(default_factory=AnswerText)
    times: OwnTimes | JournalTimes = field(default_factory=OwnTimes)

    @property
    def answer(self) -> str:
        return self.text.text

    @property
    def is_accepted(self) -> bool:
        return self.status is not None

    def accepted(self, session_id: str) -> None:
        """The deployment has the run."""
        self.session_id, self.status = session_id, "QUEUED"

    def add(self, event: RunEvent) -> None:
        """Counts one event in; the closing one brings the final status."""
        self.events += 1
        self.last_seq = event.seq
        self.text.add(event)
        if event.type == "RUN_ACCEPTED":
            self.agent = event.data.get("agent")
        self.is_background |= event.type.startswith("AGENT_BACKGROUND_TASK") or bool(event.data.get("workflow"))
        self.times.see(event)
        self.status = STATUS_BY_ENDING.get(event.type, "RUNNING")
        if event.ends_run:
            self.error = _error(self.status, event.data)

    @property
    def first_text_ms(self) -> float | None:
        return self.times.first_text_ms

    @property
    def elapsed_ms(self) -> float | None:
        return self.times.elapsed_ms

    @property
    def exit_code(self) -> int:
        """0 for a run that succeeded, 1 for any other."""
        return SUCCESS if self.status == "SUCCEEDED" else FAILURE

    def document(self) -> dict[str, Any]:
        """As the help of `ask` says; what a background run made stands in it without the addresses, which are open to
        whoever has them."""
        names = ("run_id", "session_id", "status", "answer", "events", "first_text_ms", "elapsed_ms", "error")
        files = {"files": described(self.files or ())} if self.is_background else {}
        return {name: getattr(self, name) for name in names} | files


def described(files: Sequence[RunFile]) -> list[dict[str, Any]]:
    """The files for programs: name, bytes, content_type."""
    return [{"name": file.name, "bytes": file.bytes, "content_type": file.content_type} for file in files]


def _error(status: str, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if status == "SUCCEEDED":
        return None
    sentence = data.get("error") or f"The run ended as {status}."
    lines = data.get("log")
    log = {"log": [str(line) for line in lines]} if isinstance(lines, list) and lines else {}
    return {"code": str(data.get("code") or status), "message": str(sentence), **log}


def show(output: Output, summary: Summary) -> None:
    """Writes the error, if there is one, with the last lines of a lost agent's log, and the figures."""
    if summary.error:
        said = f"{summary.error['message']} [{summary.error['code']}]"
        output.line(said, style=STATUS_STYLES.get(str(summary.status), "red"))
        for line in summary.error.get("log", ()):
            output.line(f"    {line}", "dim")
    style = STATUS_STYLES.get(str(summary.status), "")
    figures = {
        "run id": Text(printable(summary.run_id)),
        "status": Text(str(summary.status), style=style),
        "events": Text(str(summary.events)),
        "first text": Text(milliseconds(summary.first_text_ms)),
        "elapsed": Text(milliseconds(summary.elapsed_ms)),
    }
    output.console.print()
    output.console.print(_table(figures, in_a_row=output.console.width >= ROW_WIDTH))


def show_next(output: Output, summary: Summary, words: str) -> None:
    """Writes what a background run left: what it made and where its time went; `words` are the options that name the
    deployment."""
    if not summary.is_background:
        return
    if summary.files:
        output.line(f"made: {', '.join(_listed(summary.files))}")
        output.line(f"bring it here and read it: longrun report {summary.run_id}{words}", "dim")
    output.line(f"where the time went: longrun trace {summary.run_id}{words}", "dim")


def _listed(files: Sequence[RunFile]) -> list[str]:
    """Files at the top by name, those in folders by their number."""
    top = [f"{file.name} ({size(file.bytes)})" for file in files if "/" not in file.name]
    folders = Counter(file.name.partition("/")[0] for file in files if "/" in file.name)
    return top + [f"{count} in {folder}/" for folder, count in sorted(folders.items())]


def _table(figures: Mapping[str, Text], in_a_row: bool) -> Table:
    table = Table.grid(padding=(0, 3))
    names = [Text(name, style="dim") for name in figures]
    if in_a_row:
        table.add_row(*names)
        table.add_row(*figures.values())
    else:
        for name, figure in zip(names, figures.values(), strict=True):
            table.add_row(name, figure)
    return table
