"""The outcome of a run: a table of one row for people, the document of `ask --json` and `watch --json` for programs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table
from rich.text import Text

from cli.errors import FAILURE, SUCCESS
from cli.output import Output, milliseconds, printable, size
from cli.runs.times import JournalTimes, OwnTimes
from client import STATUS_BY_FINAL_EVENT, AnswerText, OpenQuestions, RunEvent, RunFile, RunQuestion

STATUS_STYLES = {
    "SUCCEEDED": "bold green",
    "FAILED": "bold red",
    "TIMED_OUT": "bold red",
    "CANCELLED": "bold yellow",
    "WAITING": "bold magenta",
}

ROW_WIDTH = 85
"""Columns that the values need side by side; a truncated run id is of no use."""


@dataclass(slots=True)
class Summary:
    """The events of a run so far, summarized."""

    run_id: str
    session_id: str | None = None
    agent: str | None = None
    """The name of the agent or the pipeline that runs it."""
    status: str | None = None
    events: int = 0
    last_seq: int = 0
    error: Mapping[str, Any] | None = None
    steered_into: str = ""
    """The run whose agent has taken the question; empty for a run that answers it itself."""
    files: Sequence[RunFile] | None = None
    """The files of a background run; None if they are not known."""
    is_background: bool = False
    questions: OpenQuestions = field(default_factory=OpenQuestions)
    text: AnswerText = field(default_factory=AnswerText)
    times: OwnTimes | JournalTimes = field(default_factory=OwnTimes)

    @property
    def answer(self) -> str:
        return self.text.text

    @property
    def is_accepted(self) -> bool:
        return self.status is not None

    def accepted(self, session_id: str) -> None:
        """The deployment has accepted the run."""
        self.session_id, self.status = session_id, "QUEUED"

    def add(self, event: RunEvent) -> None:
        """Adds one event; the final event sets the final status."""
        self.events += 1
        self.last_seq = event.seq
        self.text.add(event)
        if event.type == "RUN_ACCEPTED":
            self.agent = event.data.get("agent")
        self.is_background |= event.type.startswith("AGENT_BACKGROUND_TASK") or bool(event.data.get("workflow"))
        self.times.see(event)
        self.questions.add(event)
        self.status = STATUS_BY_FINAL_EVENT.get(event.type, "WAITING" if self.questions.all else "RUNNING")
        if event.ends_run:
            self.steered_into = str(event.data.get("steered_into", ""))
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
        """The JSON document that the help of `ask` describes. It omits the URLs of files, because they grant access."""
        names = ("run_id", "session_id", "status", "answer", "events", "first_text_ms", "elapsed_ms", "error")
        files = {"files": described(self.files or ())} if self.is_background else {}
        waits = {"questions": [_question(open_) for open_ in self.questions.all.values()]} if self.questions.all else {}
        return {name: getattr(self, name) for name in names} | waits | files


def described(files: Sequence[RunFile]) -> list[dict[str, Any]]:
    """The files as JSON: name, bytes, content_type."""
    return [{"name": file.name, "bytes": file.bytes, "content_type": file.content_type} for file in files]


def _question(question: RunQuestion) -> dict[str, Any]:
    names = ("question_id", "text", "schema", "default", "expires_at")
    return {name: getattr(question, name) for name in names}


def _error(status: str, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if status == "SUCCEEDED":
        return None
    message = data.get("error") or f"The run ended as {status}."
    lines = data.get("log")
    log = {"log": [str(line) for line in lines]} if isinstance(lines, list) and lines else {}
    return {"code": str(data.get("code") or status), "message": str(message), **log}


def show(output: Output, summary: Summary) -> None:
    """Writes the error, if any, with the last log lines of a lost agent, and the table of values."""
    if summary.error:
        message = f"{summary.error['message']} [{summary.error['code']}]"
        output.line(message, style=STATUS_STYLES.get(str(summary.status), "red"))
        for line in summary.error.get("log", ()):
            output.line(f"    {line}", "dim")
    style = STATUS_STYLES.get(str(summary.status), "")
    values = {
        "run id": Text(printable(summary.run_id)),
        "status": Text(str(summary.status), style=style),
        "events": Text(str(summary.events)),
        "first text": Text(milliseconds(summary.first_text_ms)),
        "elapsed": Text(milliseconds(summary.elapsed_ms)),
    }
    output.console.print()
    output.console.print(_table(values, in_a_row=output.console.width >= ROW_WIDTH))


def show_next(output: Output, summary: Summary, words: str) -> None:
    """Writes the files of a background run and the commands for its report and trace; `words` are the options that name
    the deployment."""
    if not summary.is_background:
        return
    if summary.files:
        output.line(f"files: {', '.join(_listed(summary.files))}")
        output.line(f"download and read: longrun report {summary.run_id}{words}", "dim")
    output.line(f"show the timing: longrun trace {summary.run_id}{words}", "dim")


def _listed(files: Sequence[RunFile]) -> list[str]:
    """Files without a folder by name, folders by their number of files."""
    top = [f"{file.name} ({size(file.bytes)})" for file in files if "/" not in file.name]
    folders = Counter(file.name.partition("/")[0] for file in files if "/" in file.name)
    return top + [f"{count} in {folder}/" for folder, count in sorted(folders.items())]


def _table(values: Mapping[str, Text], in_a_row: bool) -> Table:
    table = Table.grid(padding=(0, 3))
    names = [Text(name, style="dim") for name in values]
    if in_a_row:
        table.add_row(*names)
        table.add_row(*values.values())
    else:
        for name, value in zip(names, values.values(), strict=True):
            table.add_row(name, value)
    return table
