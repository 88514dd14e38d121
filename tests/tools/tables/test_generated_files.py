"""Generated CSV files in many dialects, against Python's csv module as the plain reference."""

import csv
import io
import math
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.analysis.tables import read_table
from tools.sql.database import SqlDatabase

MISSING = {"", "na", "n/a", "#n/a", "nan", "null", "none"}

WORDS = st.text(st.sampled_from("abzÄé 0159.,;|\t\"\n'-_#"), max_size=8)
NAMES = ["Name", "größe", "order", "a b", "x.y", '"height" cm', 'a "b" c', '"', 'x"']
VALUES = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.integers(0, 3000).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(str),
    st.dates(date(1, 1, 1)).map(str),
    st.datetimes().map(str),
    st.booleans().map(str),
    st.sampled_from(
        [
            "",
            "NA",
            "null",
            "007",
            "1,5",
            "1.234,5",
            "1,234",
            " 3",
            "01/02/2026",
            "31.12.2025",
            "1e5",
            "1e-7",
            "inf",
            "True",
        ]
    ),
    WORDS,
)


@dataclass(frozen=True)
class File:
    """A table as text, and the file that holds it."""

    names: list[str]
    rows: list[list[str]]
    content: bytes


@st.composite
def columns(draw: st.DrawFn, count: int) -> list[str]:
    """The values of one column: of one kind, of any kind, or of one kind with others."""
    kind = draw(st.one_of(st.just(VALUES), st.sampled_from([st.integers().map(str), st.floats(-9, 9).map(str)])))
    return [draw(kind if draw(st.integers(0, 9)) else VALUES) for _ in range(count)]


@st.composite
def files(draw: st.DrawFn) -> File:
    """A file that its own dialect describes without doubt."""
    width, height = draw(st.integers(1, 5)), draw(st.integers(1, 12))
    names = [f"{draw(st.sampled_from(NAMES))}{number}" for number in range(width)]
    by_column = [draw(columns(height)) for _ in range(width)]
    rows = [[column[number] for column in by_column] for number in range(height)]
    delimiter = draw(st.sampled_from(",;\t|")) if width > 1 else ","
    line_end = draw(st.sampled_from(["\n", "\r\n"]))
    has_all_quotes = draw(st.booleans())
    trailing = [""] * draw(st.integers(0, 2)) if width > 1 else []
    text = io.StringIO(newline="")
    quoting: Any = csv.QUOTE_ALL if has_all_quotes else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=line_end)
    writer.writerow([*names, *(trailing if draw(st.booleans()) else [])])
    for row in rows:
        text.write(line_end * draw(st.sampled_from([0, 0, 0, 1])))
        writer.writerow([*row, *trailing])
    written = text.getvalue()
    if draw(st.booleans()):
        written = written.removesuffix(line_end)
    return File(names, rows, written.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))))


READ: dict[str, Callable[[str], object]] = {
    "BIGINT": int,
    "HUGEINT": int,
    "DOUBLE": float,
    "BOOLEAN": lambda text: text.lower() == "true",
    "DATE": date.fromisoformat,
    "TIMESTAMP": datetime.fromisoformat,
}


def has_points(column: list[str]) -> bool:
    """Whether a number of the column has a decimal point or an exponent, so that a comma stands between thousands."""
    return any(
        "," not in text and ("." in text or "e" in text.lower()) and text.strip().lower() not in MISSING
        for text in column
    )


def reference(kind: str, text: str, *, is_grouped: bool) -> object:
    """What a value of this text is in a column of this type, whose commas stand between thousands or for a point."""
    if kind == "VARCHAR":
        return text or None
    text = text.strip(" \t")
    if text.lower() in MISSING:
        return None
    if kind.startswith("DECIMAL"):
        return Decimal(text)
    if kind == "DOUBLE" and "," in text:
        text = text.replace(",", "") if is_grouped else text.replace(".", "").replace(",", ".")
    if kind == "DATE" and "." in text:
        return datetime.strptime(text, "%d.%m.%Y").date()
    return READ[kind](text)


def same(found: object, expected: object) -> bool:
    """Equal, in Python's or in pandas' types; what pandas has no whole number for is a float there."""
    if expected is None:
        return found is None or bool(pd.isna(found))  # type: ignore[call-overload]
    if isinstance(expected, date) and not isinstance(expected, datetime):
        expected = datetime(expected.year, expected.month, expected.day)
    if isinstance(expected, int | float | Decimal) and isinstance(found, float):
        return found == float(expected) or math.isclose(found, float(expected), rel_tol=1e-15)
    return bool(found == expected)


def exact_rows(path: Path) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
    """Types and rows of the table in SQL, in Python's types."""
    database = SqlDatabase.load({"t": path})
    assert not database.unreadable
    described = database.query("DESCRIBE t", threading.Event())
    connection = database._connection  # noqa: SLF001  a query gives JSON values, whose types are lost
    rows = connection.execute("FROM t").fetchall()
    return {str(row[0]): str(row[1]) for row in described.rows}, rows


@settings(max_examples=40, deadline=None)
@given(files())
def test_sql_and_the_analysis_see_what_the_plain_reference_sees(file: File) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(file.content)
        types, rows = exact_rows(path)
        frame = read_table("t", path)

    kinds = list(types.values())
    assert list(types) == list(frame.columns) == file.names
    grouped = [has_points(list(column)) for column in zip(*file.rows, strict=True)]
    expected = [
        [reference(kind, text, is_grouped=points) for kind, text, points in zip(kinds, row, grouped, strict=True)]
        for row in file.rows
    ]
    assert [list(row) for row in rows] == expected
    for number, name in enumerate(file.names):
        assert all(same(found, row[number]) for found, row in zip(frame[name].tolist(), expected, strict=True)), frame[
            name
        ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.text('abc" ,\n', min_size=1), st.integers(0, 9)), min_size=2, max_size=8))
def test_quotes_after_a_backslash_are_found_out(rows: list[tuple[str, int]]) -> None:
    rows = [('say "yes", or "no"', 1), *rows]
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, escapechar="\\", doublequote=False, lineterminator="\n")
    writer.writerows([("text", "number"), *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_text(text.getvalue(), newline="")
        _, found = exact_rows(path)

    assert found == rows
