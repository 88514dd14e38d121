"""Shows the spans of a trace as a tree with start times and durations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.output import milliseconds, printable
from cli.traces.spans import Span

BAR_WIDTH: Final = 28
MIN_WIDTH_FOR_BARS: Final = 100
"""The terminal width from which the bars fit beside names and times."""

NAME_STYLES: Final = {"ERROR": "bold red"}
TOKENS: Final = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")


@dataclass(frozen=True, slots=True)
class Row:
    """A span in the tree; `guides` are the lines that lead to it."""

    guides: str
    span: Span


def rows(spans: Sequence[Span]) -> list[Row]:
    """Every span once, below its parent and ordered by start; a span with an unknown parent is at the top level."""
    children: dict[str, list[Span]] = {}
    known = {span.span_id for span in spans}
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        parent = span.parent_id if span.parent_id in known and span.parent_id != span.span_id else ""
        children.setdefault(parent, []).append(span)
    placed = [row for root in children.get("", []) for row in _below(root, children, "", "")]
    seen = {row.span.span_id for row in placed}
    return placed + [
        Row("", span) for span in spans if span.span_id not in seen
    ]  # spans in a cycle of parents have no root


def _below(span: Span, children: Mapping[str, Sequence[Span]], guides: str, indent: str) -> Iterator[Row]:
    stack = [(span, guides, indent)]
    while stack:
        current, lead, inner = stack.pop()
        yield Row(lead, current)
        following = children.get(current.span_id, [])
        for number, child in reversed(list(enumerate(following))):
            last = number == len(following) - 1
            stack.append((child, inner + ("└ " if last else "├ "), inner + ("  " if last else "│ ")))


def show(console: Console, spans: Sequence[Span]) -> None:
    """Writes the tree; on a wide console with bars on a common time scale."""
    begin, end = min(span.start for span in spans), max(span.end for span in spans)
    placed = rows(spans)
    starts = [f"+{milliseconds((row.span.start - begin) * 1000)}" for row in placed]
    durations = [milliseconds(max(row.span.end - row.span.start, 0) * 1000) for row in placed]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("span")
    for heading in ("start", "took"):
        table.add_column(heading, justify="right", no_wrap=True)
    has_bars = console.width >= MIN_WIDTH_FOR_BARS
    if has_bars:
        table.add_column("", no_wrap=True, width=BAR_WIDTH)
    for row, start, duration in zip(placed, starts, durations, strict=True):
        bar = Text(_bar(row.span, begin, end), "red" if row.span.status == "ERROR" else "cyan")
        table.add_row(_named(row), Text(start, "dim"), Text(duration), *([bar] if has_bars else []))
    console.print(table)


def _named(row: Row) -> Text:
    name = (printable(row.span.name), NAME_STYLES.get(row.span.status, ""))
    # The column may shrink, and the cell must not wrap: that would break the guides.
    return Text.assemble((row.guides, "dim"), name, (_detail(row.span), "dim"), no_wrap=True, overflow="ellipsis")


def _detail(span: Span) -> str:
    """The tokens of a model call, and the error of a failed span."""
    attributes = span.attributes
    parts = []
    tokens = [attributes.get(name) or 0 for name in TOKENS]
    if any(tokens):
        parts.append("{} + {} tokens".format(*tokens))
    if span.status == "ERROR" and span.error:
        parts.append(span.error.splitlines()[0])
    return printable(f"  {', '.join(parts)}") if parts else ""


def _bar(span: Span, begin: float, end: float) -> str:
    scale = BAR_WIDTH / max(end - begin, 1e-9)
    first = min(int((span.start - begin) * scale), BAR_WIDTH - 1)
    length = max(round((span.end - span.start) * scale), 1)
    return " " * first + "━" * min(length, BAR_WIDTH - first)
