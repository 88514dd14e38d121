"""How a CSV file is written: its delimiter, quotes and header, found out from its beginning."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _csv import Reader

_DELIMITERS: Final = ";\t|,"
"""The comma is the last: a name in a header rather holds a comma than one of the others."""

_VALUE: Final = re.compile(
    r"[-+]?(\d[\d.,]*|\.\d+)([eE][-+]?\d+)?|[-+]?inf(inity)?|true|false|"
    r"\d{4}-\d\d-\d\d([ T]\d.*)?|\d{1,2}[./]\d{1,2}[./]\d{4}",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"(1[89]|2[01])\d\d")
_SINGLE_QUOTED: Final = re.compile(r"(^|[;,|\t])'", re.MULTILINE)
_SAMPLED_ROWS: Final = 200
_BLANK: Final = re.compile(r"[ \t]*(\r\n|\r|\n)")
_SEPARATOR_LINE: Final = re.compile(r"sep=([;,|\t])(\r\n|\r|\n)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quoting:
    """The quote and what stands before a quote in a quoted value: another quote, or a backslash."""

    quote: str = '"'
    has_backslash: bool = False

    def may_be_of(self, text: str) -> bool:
        """Whether there is a trace of it in the text."""
        if self.quote == "'":
            return '"' not in text and _SINGLE_QUOTED.search(text) is not None
        return not self.has_backslash or '\\"' in text

    def rows(self, lines: Iterable[str], delimiter: str) -> "Reader":
        """A strict reader of Python's csv module."""
        escape = "\\" if self.has_backslash else None
        return csv.reader(
            lines, delimiter=delimiter, quotechar=self.quote, escapechar=escape, doublequote=escape is None, strict=True
        )


PLAIN: Final = Quoting()
_OTHER_QUOTINGS: Final = (Quoting(has_backslash=True), Quoting("'"))


@dataclass(frozen=True, slots=True)
class Dialect:
    """`first` is the first row, `skipped` the number of lines before it."""

    delimiter: str
    quoting: Quoting
    first: tuple[str, ...]
    has_header: bool
    skipped: int
    width: int
    """Values in the first rows; more than names if each row ends in a delimiter."""

    remarks: tuple[str, ...] = ()

    def is_named(self, position: int) -> bool:
        """Whether the header names the column at this position."""
        return self.has_header and position < len(self.first) and bool(self.first[position].strip())

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each column that differs from the others in more than case."""
        given = self.first if self.has_header else ()
        return unique_names([*given, *[""] * (self.width - len(given))])


def find_dialect(head: str, *, complete: bool) -> Dialect:
    """The dialect of a text that begins so and is not empty; `complete` if it is all of it."""
    skipped, given, text = _without_preamble(head)
    best = _best_reading(PLAIN, text, given, complete=complete)
    for quoting in _OTHER_QUOTINGS:
        if best.score < 1 and quoting.may_be_of(text):
            best = max(best, _best_reading(quoting, text, given, complete=complete), key=lambda reading: reading.score)
    has_header, remarks = _header(best.rows)
    first = tuple(best.rows[0]) if best.rows else ()
    return Dialect(best.delimiter, best.quoting, first, has_header, skipped, best.width, remarks)


def _best_reading(quoting: Quoting, text: str, given: str, *, complete: bool) -> "_Reading":
    """Of equals the first delimiter, and the last if the first row holds none."""
    found = [_Reading(delimiter, quoting, text, complete=complete) for delimiter in given or _DELIMITERS]
    wide = [reading for reading in found if reading.first_width > 1]
    return max(wide or found[-1:], key=lambda reading: reading.score)


def unique_names(given: Sequence[str]) -> tuple[str, ...]:
    """The names without surrounding space; a missing one becomes column0 for the first column, and one that was there
    before, in any case, gets a number."""
    names: list[str] = []
    taken: set[str] = set()
    for position, cell in enumerate(given):
        name = unique = cell.strip() or f"column{position}"
        number = 1
        while unique.lower() in taken:
            unique = f"{name}_{number}"
            number += 1
        taken.add(unique.lower())
        names.append(unique)
    return tuple(names)


class _Reading:
    """The rows of the text in one dialect, as far as it can be read in it."""

    def __init__(self, delimiter: str, quoting: Quoting, text: str, *, complete: bool) -> None:
        self.delimiter = delimiter
        self.quoting = quoting
        self.rows: list[list[str]] = []
        broken = False
        try:
            self.rows.extend(row for row in quoting.rows(io.StringIO(text, newline=""), delimiter) if row)
        except csv.Error as error:
            # A beginning may end inside a quoted value.
            broken = complete or "unexpected end" not in str(error)
        else:
            if not complete and len(self.rows) > 1:
                self.rows.pop()
        self.first_width = len(self.rows[0]) if self.rows else 0
        self.width = self.first_width + self._surplus()
        fitting = sum(self._fits(row) for row in self.rows)
        self.score = fitting / (len(self.rows) or 1) / (2 if broken else 1)
        """The share of the rows that have as many values as the first, apart from empty ones at the end; 1 at best."""

    def _fits(self, row: list[str]) -> bool:
        return len(row) >= self.first_width and not any(row[self.first_width :])

    def _surplus(self) -> int:
        """Empty values at the end of every row but the header."""
        return max(0, min((len(row) for row in self.rows[1:] if self._fits(row)), default=0) - self.first_width)


def _without_preamble(head: str) -> tuple[int, str, str]:
    """The number of lines before the first row, the delimiter that one of them names, and the text without them."""
    skipped, given = 0, ""
    while blank := _BLANK.match(head):
        head = head[blank.end() :]
        skipped += 1
    if named := _SEPARATOR_LINE.match(head):
        head = head[named.end() :]
        skipped, given = skipped + 1, named[1]
    return skipped, given, head


def _header(rows: list[list[str]]) -> tuple[bool, tuple[str, ...]]:
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
    shown = ", ".join(first[:10])
    under = [column for cell, column in zip(first, below, strict=True) if cell in values]
    if _are_years(values) and not all(_are_years(list(filter(None, column)), once=False) for column in under):
        return True, (f"the years in the first line were taken as names of columns: {shown}",)
    names = "column0, column1, …" if len(first) > 1 else "column0"
    return False, (f"the first line holds values and no names ({shown}), so the columns are named {names}",)


def _is_name(cell: str) -> bool:
    return bool(cell) and not _VALUE.fullmatch(cell)


def _are_values(column: list[str]) -> bool:
    cells = [cell for cell in column if cell]
    return bool(cells) and all(_VALUE.fullmatch(cell) for cell in cells)


def _are_years(cells: list[str], *, once: bool = True) -> bool:
    return all(_YEAR.fullmatch(cell) for cell in cells) and not (once and len(set(cells)) < len(cells))


def _is_index_of_frame(first: list[str]) -> bool:
    """Whether these are the names that pandas writes for a frame without names: nothing, 0, 1, 2."""
    return len(first) > 1 and first == ["", *(str(number) for number in range(len(first) - 1))]
