"""How a CSV file is written: its delimiter, quotes and header, found out from its beginning."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tools.tables.header import find_header

if TYPE_CHECKING:
    from _csv import Reader

_DELIMITERS: Final = ";\t|,"
"""The comma is the last: a name in a header rather holds a comma than one of the others."""

_SINGLE_QUOTED: Final = re.compile(r"(^|[;,|\t])'", re.MULTILINE)
_SPACE_BEFORE_QUOTE: Final = re.compile(r'(^|[;,|\t])[ \t]+"', re.MULTILINE)
_BLANK: Final = re.compile(r"[ \t]*(\r\n|\r|\n)")
_SEPARATOR_LINE: Final = re.compile(r"sep=([;,|\t])(\r\n|\r|\n)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quoting:
    """The quote and what stands before a quote in a quoted value: another quote, or a backslash."""

    quote: str = '"'
    has_backslash: bool = False
    has_space: bool = False
    """Whether there is space between a delimiter and a quote, which then belongs to neither value."""

    def may_be_of(self, text: str) -> bool:
        """Whether there is a trace of it in the text."""
        if self.quote == "'":
            return '"' not in text and _SINGLE_QUOTED.search(text) is not None
        if self.has_space:
            return _SPACE_BEFORE_QUOTE.search(text) is not None
        return not self.has_backslash or '\\"' in text

    def rows(self, lines: Iterable[str], delimiter: str) -> "Reader":
        """A strict reader of Python's csv module."""
        escape = "\\" if self.has_backslash else None
        return csv.reader(
            lines,
            delimiter=delimiter,
            quotechar=self.quote,
            escapechar=escape,
            doublequote=escape is None,
            skipinitialspace=self.has_space,
            strict=True,
        )


PLAIN: Final = Quoting()
_SPACED: Final = Quoting(has_space=True)
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

    is_plain: bool = True
    """Whether DuckDB reads the beginning as it is. It takes a quote after a space for one around the value, and may
    skip all rows after a quote within a name."""

    rows: int | None = None
    """Rows without the header, if the beginning is the whole file and can be read."""

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
    if _SPACED.may_be_of(text):
        spaced = _best_reading(_SPACED, text, given, complete=complete)
        # With more rows, the other reading cuts no value that has several lines.
        if spaced.score > best.score or (spaced.score == best.score and len(spaced.rows) == len(best.rows)):
            best = spaced
    has_header, remarks = find_header(best.rows)
    return Dialect(
        best.delimiter,
        best.quoting,
        first=tuple(best.rows[0]) if best.rows else (),
        has_header=has_header,
        skipped=skipped,
        width=best.width,
        is_plain=best.is_plain and not _SPACE_BEFORE_QUOTE.search(text),
        rows=len(best.rows) - has_header if complete and not best.is_broken else None,
        remarks=remarks,
    )


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
        self.is_broken = False
        try:
            self.rows.extend(row for row in quoting.rows(io.StringIO(text, newline=""), delimiter) if row)
        except csv.Error as error:
            # A beginning may end inside a quoted value.
            self.is_broken = complete or "unexpected end" not in str(error)
        else:
            if not complete and len(self.rows) > 1:
                self.rows.pop()
        self.first_width = len(self.rows[0]) if self.rows else 0
        self.width = self.first_width + self._surplus()
        fitting = sum(self._fits(row) for row in self.rows)
        self.score = fitting / (len(self.rows) or 1) / (2 if self.is_broken else 1)
        """The share of the rows that have as many values as the first, apart from empty ones at the end; 1 at best."""

    @property
    def is_plain(self) -> bool:
        """Whether the quoting is the usual one and no name holds a quote."""
        names = self.rows[0] if self.rows else []
        return self.quoting is PLAIN and not self.is_broken and not any('"' in name for name in names)

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
