"""The input and the result of a tool call, shortened for a terminal."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from cli.output import printable
from cli.runs.columns import Column, as_table, fitting

INDENT = 4
MAX_ROWS = 12
MAX_LINES = 12
MAX_LINE = 400
MAX_CELL = 160
MAX_REMARKS = 1_200
SMALL = 0.001


def shortened(text: str) -> str:
    """The first lines of a text, with the number of lines left out."""
    lines = [_cut(line, MAX_LINE) for line in printable(text).splitlines()]
    if len(lines) > MAX_LINES:
        lines = [*lines[:MAX_LINES], f"... {len(lines) - MAX_LINES} more lines"]
    return "\n".join(lines)


def tool_input(arguments: Mapping[str, Any]) -> str:
    """A tool's arguments: the value alone if there is only one (an SQL statement), else `name=value, …`."""
    if len(arguments) == 1:
        (value,) = arguments.values()
        return shortened(value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return shortened(", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items()))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}" if 0 < abs(value) < SMALL else f"{value:.4f}".rstrip("0").rstrip(".")
    if isinstance(value, bool | int | str):
        return printable(str(value)).replace("\n", " ")
    return printable(json.dumps(value, ensure_ascii=False, default=str))


def _parsed(text: str) -> tuple[list[str], list[Sequence[Any]], Mapping[str, Any]] | None:
    """Columns, rows and the other keys, if the text is a JSON table: `{"columns", "rows"}` or a list of objects."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    rest: Mapping[str, Any] = {}
    columns: Any = None
    rows: Any = value
    if isinstance(value, dict):
        columns, rows = value.get("columns"), value.get("rows")
        rest = {name: part for name, part in value.items() if name not in ("columns", "rows")}
    if not isinstance(rows, list) or (not rows and not columns):
        return None
    if all(isinstance(row, dict) for row in rows):
        names = [str(name) for name in columns or dict.fromkeys(name for row in rows for name in row)]
        return names, [[row.get(name) for name in names] for row in rows], rest
    if isinstance(columns, list) and all(isinstance(row, list) for row in rows):
        return [str(column) for column in columns], rows, rest
    return None


def _flat(text: str) -> str | None:
    """`name: value; …` for a JSON object that is not a table."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return _remarks(value) if isinstance(value, dict) else None


def _remarks(values: Mapping[str, Any]) -> str:
    """`name: value; …` for the keys that have a value; each value is shortened."""
    cells = {name: _cell(value) for name, value in values.items() if value is not None and value is not False}
    parts = [
        f"{printable(name)}: {_cut(cell, MAX_CELL)}" for name, cell in cells.items() if cell not in {"", "[]", "{}"}
    ]
    return _cut("; ".join(parts), MAX_REMARKS)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]} ..."


def tool_result(text: str, width: int) -> RenderableType:
    """A tool's result for a console of `width` columns: a table if the result is one, else its first lines."""
    parsed = _parsed(text)
    if parsed is None:
        return Padding(Text(_flat(text) or shortened(text), style="dim"), (0, 0, 0, INDENT), expand=False)
    names, rows, rest = parsed
    columns = [
        Column(
            printable(name),
            is_numeric=all(isinstance(row[index], int | float | None) for row in rows),
            cells=[_cell(row[index]) for row in rows[:MAX_ROWS]],
        )
        for index, name in enumerate(names)
    ]
    shown = columns[: fitting(columns, width - INDENT)]
    remarks = [f"{len(rows) - MAX_ROWS} more rows not shown"] if len(rows) > MAX_ROWS else []
    if len(shown) < len(columns):
        remarks.append(f"columns not shown: {', '.join(column.name for column in columns[len(shown) :])}")
    remarks += filter(None, [_remarks(rest)])
    table = as_table(shown)
    below = Group(table, Text("; ".join(remarks), style="dim")) if remarks else table
    return Padding(below, (0, 0, 0, INDENT), expand=False)
