"""Whether the first row of a CSV file names the columns."""

import re
from itertools import islice
from typing import Final

_VALUE: Final = re.compile(
    r"[-+]?(\d[\d.,]*|\.\d+)([eE][-+]?\d+)?|[-+]?inf(inity)?|true|false|"
    r"\d{4}-\d\d-\d\d([ T]\d.*)?|\d{1,2}[./]\d{1,2}[./]\d{4}",
    re.IGNORECASE,
)
_PERIODS: Final = {
    "year": re.compile(r"(1[89]|2[01])\d\d"),
    "month": re.compile(r"(1[89]|2[01])\d\d\.?(0[1-9]|1[0-2])|(0?[1-9]|1[0-2])\.(1[89]|2[01])\d\d"),
    "day": re.compile(r"\d{4}-\d\d-\d\d([ T]\d.*)?|\d{1,2}[./]\d{1,2}[./]\d{4}"),
}
_MISSING: Final = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none"})
_SAMPLED_ROWS: Final = 200
_SHOWN: Final = 10


def find_header(rows: list[list[str]]) -> tuple[bool, tuple[str, ...]]:
    """Whether the first row names the columns, and a remark where that is not plain."""
    first = [cell.strip() for cell in rows[0]] if rows else []
    values = [cell for cell in first if _VALUE.fullmatch(cell)]
    below = [
        [row[position].strip() for row in islice(rows, 1, _SAMPLED_ROWS) if position < len(row)]
        for position in range(len(first))
    ]
    if not values or not any(any(column) for column in below) or _is_index_of_frame(first):
        return True, ()
    if any(_is_name(cell) and _are_values(column) for cell, column in zip(first, below, strict=True)):
        return True, ()
    has_name = any(_is_name(cell) for cell in first)
    under = [(cell, column) for cell, column in zip(first, below, strict=True) if cell in values]
    periods = {_period(cell) for cell in values}
    may_be_names = None not in periods and (has_name or len(set(values)) == len(values))
    if may_be_names and not all(_goes_on(cell, column) for cell, column in under):
        what = "years" if periods == {"year"} else "dates"
        return True, (f"the {what} in the first line were taken as names of columns: {_listed(values)}",)
    names = "column0, column1, …" if len(first) > 1 else "column0"
    return False, (f"the first line holds values and no names ({_listed(first)}), so the columns are named {names}",)


def _listed(cells: list[str]) -> str:
    return ", ".join(cells[:_SHOWN]) + (", …" if len(cells) > _SHOWN else "")


def _is_name(cell: str) -> bool:
    return bool(cell) and not _VALUE.fullmatch(cell)


def _are_values(column: list[str]) -> bool:
    cells = [cell for cell in column if cell]
    return bool(cells) and all(_VALUE.fullmatch(cell) for cell in cells)


def _period(cell: str) -> str | None:
    """Which period the cell may name, if any."""
    return next((name for name, pattern in _PERIODS.items() if pattern.fullmatch(cell)), None)


def _goes_on(cell: str, column: list[str]) -> bool:
    """Whether the column below a period holds periods of its kind, so that the cell is one of its values. A number may
    look like a year or a month by chance, and a day cannot."""
    kinds = [_period(value) == _period(cell) for value in column if value.lower() not in _MISSING]
    return any(kinds) or not kinds if _period(cell) == "day" else all(kinds)


def _is_index_of_frame(first: list[str]) -> bool:
    """Whether these are the names that pandas writes for a frame without names: nothing, 0, 1, 2."""
    return len(first) > 1 and first == ["", *(str(number) for number in range(len(first) - 1))]
