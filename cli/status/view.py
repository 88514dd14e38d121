"""The overview for people, within the width of the terminal."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.output import milliseconds, printable
from cli.runs.summary import STATUS_STYLES
from cli.status.reports import FunctionReport, JournalReport, Overview, QueueReport, StateMachineReport, TableReport

LABEL: Final = 28
STATE: Final = 9

_GOOD: Final = frozenset({"Active", "ACTIVE"})


def show_overview(console: Console, overview: Overview, now: datetime | None = None) -> None:
    """Writes counts, then one line for each part, with the reason below what is not as it should be."""
    moment = now or datetime.now(UTC)
    _show_journal(console, overview.journal)
    _show(console, ("function", "state", "last error"), [_function(one, moment) for one in overview.functions])
    _show(console, ("table", "state", "items"), [_table(one) for one in overview.tables])
    _show(console, ("state machine", "state", "executions"), [_machine(one, moment) for one in overview.state_machines])
    _show(console, ("queue", "", "messages"), [_queue(one) for one in overview.queues])


Row = tuple[str, str, str, Sequence[str]]
"""Label, state, what is said of it, and lines below it."""


def _show_journal(console: Console, journal: JournalReport) -> None:
    if journal.runs is None and journal.problem is None:
        return
    table = Table.grid(padding=(0, 2))
    if journal.runs is None:
        table.add_row(Text("runs", style="dim"), Text(printable(journal.problem or ""), style="yellow"))
    else:
        words = [
            Text(f"{count} {status}", STATUS_STYLES.get(status, "")) for status, count in journal.runs.items() if count
        ]
        table.add_row(Text("connections", style="dim"), Text(f"{journal.connections} open"))
        table.add_row(Text("runs", style="dim"), Text(", ").join(words) if words else Text("none"))
        if not journal.is_complete:
            said = f"counted in {journal.scanned:,} items of the table only; the dashboard counts all that end"
            table.add_row("", Text(said, style="yellow"))
    console.print()
    console.print(table)


def _show(console: Console, titles: tuple[str, str, str], rows: Sequence[Row]) -> None:
    if not rows:
        return
    console.print()
    console.print(_line(console, *titles), style="dim")
    for label, state, said, below in rows:
        line = _line(console, label, state, said)
        if state and state not in _GOOD:
            line.stylize("red", LABEL + 1, LABEL + 1 + len(state))
        console.print(line)
        for text in below:
            console.print(Padding(Text(printable(text), style="yellow"), (0, 0, 0, 2)))


def _line(console: Console, label: str, state: str, said: str) -> Text:
    """One line of the terminal: what does not fit is cut."""
    text = f"{_cut(label, LABEL):<{LABEL}} {_cut(state, STATE):<{STATE}} "
    return Text(text + _cut(printable(said), console.width - len(text)), no_wrap=True)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _function(report: FunctionReport, now: datetime) -> Row:
    error = report.last_error
    said = f"{_ago(error.at, now)} {error.message}" if error else "-"
    return report.label, report.state or "?", said, list(_function_reasons(report))


def _function_reasons(report: FunctionReport) -> Iterator[str]:
    if report.state != "Active" and report.state_reason:
        yield _reason(report.state_reason, report.state_reason_code)
    if report.last_update_status == "Failed":
        reason = report.last_update_status_reason or "no reason given"
        yield f"the last update failed: {_reason(reason, report.last_update_status_reason_code)}"
    if report.problem:
        yield report.problem


def _reason(reason: str, code: str | None) -> str:
    return f"{reason} ({code})" if code else reason


def _table(report: TableReport) -> Row:
    items = "?" if report.items is None else f"{report.items:,}"
    return report.label, report.status or "?", items, _problem(report.problem)


def _machine(report: StateMachineReport, now: datetime) -> Row:
    if report.running is None:
        return report.label, report.status or "?", "?", _problem(report.problem)
    counts = {
        "RUNNING": report.running,
        "FAILED": report.failed or 0,
        "TIMED_OUT": report.timed_out or 0,
        "ABORTED": report.aborted or 0,
    }
    words = [f"{count}{'+' if name in report.more else ''} {name}" for name, count in counts.items() if count]
    below = _problem(report.problem)
    if failure := report.last_failure:
        why = ": ".join(filter(None, (failure.error, failure.cause))) or "no cause given"
        below = [*below, f"last {failure.status} {_ago(failure.at, now)}: {why}"]
    return report.label, report.status or "?", ", ".join(words) or "none running or failed", below


def _queue(report: QueueReport) -> Row:
    if report.messages is None:
        return report.label, "", "?", _problem(report.problem)
    return report.label, "", f"{report.messages:,} waiting, {report.in_flight:,} in work", []


def _problem(problem: str | None) -> list[str]:
    return [problem] if problem else []


def _ago(at: str, now: datetime) -> str:
    seconds = max(0.0, (now - datetime.fromisoformat(at)).total_seconds())
    return f"{milliseconds(seconds * 1_000)} ago"
