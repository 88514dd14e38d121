"""Writes a CSV file that DuckDB does not take as it is once more, in one plain dialect."""

import csv
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from tools.tables.dialect import PLAIN, Dialect
from tools.tables.errors import TableError
from tools.tables.text_file import TextFile

MAX_VALUE_CHARS: Final = 1_000_000
"""Of one value. DuckDB takes rows of 2 MiB."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A copy in UTF-8 with commas, every value in double quotes."""

    path: Path
    dialect: Dialect
    remarks: tuple[str, ...]


@contextmanager
def rewritten(text: TextFile, dialect: Dialect) -> Iterator[Rewritten]:
    """The copy, which is removed afterwards. Short rows are filled with empty values. Raises TableError, naming the
    line, if a row has more values than the header or its quotes do not match."""
    names, width = len(dialect.first), dialect.width
    short: list[int] = []
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", suffix=".csv") as copy:
        writer = csv.writer(copy, quoting=csv.QUOTE_ALL, lineterminator="\n")
        if dialect.has_header:
            writer.writerow([*dialect.first, *[""] * (width - names)])
        for line, row in _rows(text, dialect):
            if len(row) > names:
                _check_surplus(row, line, dialect)
            elif len(row) < names:
                short.append(line)
            writer.writerow(row[:width] if len(row) >= width else row + [""] * (width - len(row)))
        copy.flush()
        plain = replace(dialect, delimiter=",", quoting=PLAIN, skipped=0, rows=None)
        yield Rewritten(Path(copy.name), plain, (_remark(short),) if short else ())


def _check_surplus(row: list[str], line: int, dialect: Dialect) -> None:
    names = len(dialect.first)
    if any(cell.strip() for cell in row[names:]):
        what = "header" if dialect.has_header else "first row"
        raise TableError(
            f"line {line} has {len(row)} values, and the {what} has {names}; correct the line, "
            "or put a value that holds a delimiter into double quotes"
        )


def _rows(text: TextFile, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """The rows with the line that each begins in, without the header and blank lines."""
    csv.field_size_limit(max(csv.field_size_limit(), MAX_VALUE_CHARS))
    with text.open() as lines:
        reader = dialect.quoting.rows(islice(lines, dialect.skipped, None), dialect.delimiter)
        begin = dialect.skipped + 1
        is_header = dialect.has_header
        try:
            for row in reader:
                if not _is_blank(row, dialect) and not is_header:
                    yield begin, row
                is_header = is_header and not row
                begin = dialect.skipped + reader.line_num + 1
        except csv.Error as error:
            raise TableError(f"line {begin}: {_reason(error)}; correct the quotes of that line") from None


def _is_blank(row: list[str], dialect: Dialect) -> bool:
    return not row or (len(row) == 1 and dialect.width > 1 and not row[0].strip())


def _reason(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end" in text:
        return "a quote is opened and never closed"
    if "expected after" in text:
        return "a quoted value goes on after its closing quote"
    if "field larger" in text:
        return f"a value has more than {MAX_VALUE_CHARS:,} characters, or a quote is never closed"
    return text


def _remark(short: list[int]) -> str:
    shown = ", ".join(str(line) for line in short[:10])
    more = ", …" if len(short) > 10 else ""  # noqa: PLR2004  as many as are shown
    return f"rows with fewer values than the header, filled with missing ones: {len(short):,} (lines {shown}{more})"
