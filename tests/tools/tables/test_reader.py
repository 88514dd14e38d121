import gzip
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tools.tables.errors import TableError
from tools.tables.reader import open_table

Read = tuple[dict[str, str], list[tuple[Any, ...]], tuple[str, ...]]


def read(path: Path) -> Read:
    """Types by column, rows, and remarks."""
    with duckdb.connect(":memory:") as connection, open_table(connection, path) as table:
        found = connection.sql(table.query)
        return dict(zip(found.columns, map(str, found.types), strict=True)), found.fetchall(), table.remarks


def read_bytes(folder: Path, content: bytes, name: str = "t.csv") -> Read:
    path = folder / name
    path.write_bytes(content)
    return read(path)


def column(folder: Path, *values: str) -> tuple[str, list[Any]]:
    """Type and values of a column `x` beside another one."""
    text = "x;y\n" + "".join(f"{value};1\n" for value in values)
    types, rows, _ = read_bytes(folder, text.encode())
    return types["x"], [row[0] for row in rows]


def test_decimals_after_many_whole_numbers_are_not_rounded(tmp_path: Path) -> None:
    types, rows, _ = read_bytes(tmp_path, b"x\n" + b"1\n" * 30_000 + b"1.5\n2.5\n0.4\n")

    assert types == {"x": "DOUBLE"}
    assert sum(row[0] for row in rows) == pytest.approx(30_004.4)


def test_times_of_day_after_many_dates_are_not_cut(tmp_path: Path) -> None:
    types, rows, _ = read_bytes(tmp_path, b"x\n" + b"2026-01-01\n" * 30_000 + b"2026-01-02 13:45:30.5\n")

    assert types == {"x": "TIMESTAMP"}
    assert rows[-1][0] == datetime(2026, 1, 2, 13, 45, 30, 500_000)


def test_text_after_many_numbers_makes_a_text_column_with_every_value_as_written(tmp_path: Path) -> None:
    types, rows, _ = read_bytes(tmp_path, b"x\n" + b"1\n" * 30_000 + b"none of these\nNA\n")

    assert types == {"x": "VARCHAR"}
    assert [row[0] for row in rows[-3:]] == ["1", "none of these", "NA"]


@pytest.mark.parametrize(
    ("values", "kind", "found"),
    [
        (("1", "-2", ""), "BIGINT", [1, -2, None]),
        (("1", " 2 ", "NA", "null"), "BIGINT", [1, 2, None, None]),
        (("9223372036854775808", "1"), "HUGEINT", [9_223_372_036_854_775_808, 1]),
        (("1" * 39, "1"), "DOUBLE", [float("1" * 39), 1.0]),
        (("9007199254740993", "1.5"), "DECIMAL(17,1)", [Decimal("9007199254740993.0"), Decimal("1.5")]),
        (("12345678901234567.89", "0.1"), "DECIMAL(19,2)", [Decimal("12345678901234567.89"), Decimal("0.10")]),
        (("0.1234567890123456789",), "DECIMAL(20,19)", [Decimal("0.1234567890123456789")]),
        (("0.30000000000000004", "1e5", "-.5"), "DOUBLE", [0.30000000000000004, 1e5, -0.5]),
        (("+5", "-3.5"), "DOUBLE", [5.0, -3.5]),
        (("1", "inf", "NaN"), "DOUBLE", [1.0, float("inf"), None]),
        (("01234", "56789"), "VARCHAR", ["01234", "56789"]),
        (("-007", "8"), "VARCHAR", ["-007", "8"]),
        (("+4915112345678", "1"), "VARCHAR", ["+4915112345678", "1"]),
        (("1e400", "1"), "VARCHAR", ["1e400", "1"]),
        (("1,5", "2"), "DOUBLE", [1.5, 2.0]),
        (("1.234,56", "7"), "DOUBLE", [1234.56, 7.0]),
        (("1,234,567", "8.5"), "DOUBLE", [1_234_567.0, 8.5]),
        (("1,234", "5"), "VARCHAR", ["1,234", "5"]),
        (("true", "FALSE", ""), "BOOLEAN", [True, False, None]),
        (("yes", "no"), "VARCHAR", ["yes", "no"]),
        (("2026-01-31", "N/A"), "DATE", [date(2026, 1, 31), None]),
        (("2026-02-30", "2026-01-01"), "VARCHAR", ["2026-02-30", "2026-01-01"]),
        (("2026-01-31T10:00:01", "2026-01-31"), "TIMESTAMP", [datetime(2026, 1, 31, 10, 0, 1), datetime(2026, 1, 31)]),
        (("2026-01-31 10:00:00.1234567", "2026-01-31"), "VARCHAR", ["2026-01-31 10:00:00.1234567", "2026-01-31"]),
        (("2026-01-31 10:00+02:00", "2026-01-31 10:00"), "VARCHAR", ["2026-01-31 10:00+02:00", "2026-01-31 10:00"]),
        (("10:00", "11:30:05"), "TIME", [time(10), time(11, 30, 5)]),
        (("31.12.2025", "1.2.2026"), "DATE", [date(2025, 12, 31), date(2026, 2, 1)]),
        (("31/12/2025", "01/02/2026"), "DATE", [date(2025, 12, 31), date(2026, 2, 1)]),
        (("12/31/2025", "01/02/2026"), "DATE", [date(2025, 12, 31), date(2026, 1, 2)]),
        (("01/02/2026", "03/04/2026"), "VARCHAR", ["01/02/2026", "03/04/2026"]),
        (("NA", "None"), "VARCHAR", ["NA", "None"]),
        (("NA", "Ada"), "VARCHAR", ["NA", "Ada"]),
        (("", ""), "VARCHAR", [None, None]),
    ],
)
def test_the_type_of_a_column_holds_every_value_of_it(
    tmp_path: Path, values: tuple[str, ...], kind: str, found: list[Any]
) -> None:
    assert column(tmp_path, *values) == (kind, found)


def test_times_with_a_zone_are_instants(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"x,y\n2026-01-31T10:00:00Z,1\n2026-01-31 10:00:00+02:00,2\n")
    with duckdb.connect(":memory:") as connection, open_table(connection, path) as table:
        found = connection.sql(f"SELECT typeof(x), epoch(x) FROM ({table.query})").fetchall()  # noqa: S608

    assert {kind for kind, _ in found} == {"TIMESTAMP WITH TIME ZONE"}
    assert found[0][1] - found[1][1] == 7_200


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiters_and_line_ends_are_found_out(tmp_path: Path, delimiter: str, line_end: str, mark: str) -> None:
    lines = ["id,name", "1,Ada", "", '2,"Bob "",;|\t"', "3,"]
    text = mark + "".join(line.replace(",", delimiter, 1) + line_end for line in lines)

    types, rows, remarks = read_bytes(tmp_path, text.encode())

    assert types == {"id": "BIGINT", "name": "VARCHAR"}
    assert rows == [(1, "Ada"), (2, 'Bob ",;|\t'), (3, None)]
    assert remarks == ()


@pytest.mark.parametrize(
    ("content", "names", "rows"),
    [
        (b"a,b\n1,2,\n3,4,\n", ["a", "b"], [(1, 2), (3, 4)]),
        (b"a,b,\n1,2,\n3,4,\n", ["a", "b"], [(1, 2), (3, 4)]),
        (b"a,b\n1,2\n3,4,,\n", ["a", "b"], [(1, 2), (3, 4)]),
        (b",a\nx,1\n", ["column0", "a"], [("x", 1)]),
        (b"a,a,A, a \n1,2,3,4\n", ["a", "a_1", "A_2", "a_3"], [(1, 2, 3, 4)]),
        (b"sep=;\na;b\n1;2\n", ["a", "b"], [(1, 2)]),
        (b"\n\r\na,b\n1,2\n", ["a", "b"], [(1, 2)]),
        (b'"a\nb",c\n1,2\n', ["a\nb", "c"], [(1, 2)]),
        (b"a,b\r\n1,2\n3,4\r\n", ["a", "b"], [(1, 2), (3, 4)]),
        (b'a,b\n1,"say \\"hi\\", you"\n2,"x\\\\y"\n', ["a", "b"], [(1, 'say "hi", you'), (2, "x\\y")]),
        (b"a,b\n'x,y',2\n'z',3\n", ["a", "b"], [("x,y", 2), ("z", 3)]),
        (b'a,b\n1,5" pipe\n', ["a", "b"], [(1, '5" pipe')]),
        (b'a\n\n""\n1\n\n', ["a"], [(None,), (1,)]),
        (b"a,b\n1,2\n \n,\n3,4", ["a", "b"], [(1, 2), (None, None), (3, 4)]),
        (b"a,b\n", ["a", "b"], []),
        (b"a", ["a"], []),
        (b",0,1\n0,5,6\n", ["column0", "0", "1"], [(0, 5, 6)]),
        (b"id,2025\n1,5\n", ["id", "2025"], [(1, 5)]),
        (b'id, "height" cm\n1,180\n2,170\n3,160\n', ["id", '"height" cm'], [(1, 180), (2, 170), (3, 160)]),
        (b'id, "a"b,c\n1,2,3\n', ["id", '"a"b', "c"], [(1, 2, 3)]),
        (b'id, "a\n1,2\n', ["id", '"a'], [(1, 2)]),
        (b'id;a "b" c\n1;2\n', ["id", 'a "b" c'], [(1, 2)]),
        (b'"id", "name"\n1, "Ada, Countess"\n2, "Bob"\n', ["id", "name"], [(1, "Ada, Countess"), (2, "Bob")]),
        (b'id,a\n1, "x" y\n2, "z"\n', ["id", "a"], [(1, ' "x" y'), (2, ' "z"')]),
    ],
)
def test_rows_and_names_are_those_of_the_file(
    tmp_path: Path, content: bytes, names: list[str], rows: list[tuple[Any, ...]]
) -> None:
    types, found, _ = read_bytes(tmp_path, content)

    assert (list(types), found) == (names, rows)


def test_short_rows_are_filled_and_reported(tmp_path: Path) -> None:
    types, rows, remarks = read_bytes(tmp_path, b"a,b,c\n" + b"1,2.5,x\n" * 30_000 + b"7\n\n8,9.5\n")

    assert types == {"a": "BIGINT", "b": "DOUBLE", "c": "VARCHAR"}
    assert rows[-2:] == [(7, None, None), (8, 9.5, None)]
    assert remarks == ("rows with fewer values than the header, filled with missing ones: 2 (lines 30002, 30004)",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n" + b"1,2\n" * 30_000 + b"3,4,5\n", "line 30002 has 3 values, and the header has 2; correct the line"),
        (b"a\n1\n1,2,3\n", "line 3 has 3 values, and the header has 1"),
        (b"Report\n\na,b\n1,2\n", "line 3 has 2 values, and the header has 1"),
        (b'a,b\n1,2\n3,"x\n4,5\n', "line 3: a quote is opened and never closed"),
        (b'a,b\n"x\ny",2\n"x" y,4\n', "line 4: a quoted value goes on after its closing quote"),
        (b'id,"a" b\n1,2\n', "line 1: a quoted value goes on after its closing quote"),
        (b"", "the file is empty; its first line must name the columns"),
        (b"\xef\xbb\xbf \r\n\n", "the file is empty"),
        (b",,\n,,\n", "the file has neither names nor values"),
        (b"a,b\n1,\x00\n", "line 2 holds a NUL byte"),
        (b"\x00\xff\xfe" * 50, "line 1 holds a NUL byte"),
        (b"\xff\xfea\x00,\x00b", "begins as UTF-16 text, but not all of it is"),
        (gzip.compress(b"a,b\n1,2\n" * 99, mtime=0)[:-9], "cannot be decompressed: it is damaged or incomplete"),
    ],
)
def test_what_is_no_table_is_rejected_with_line_and_remedy(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(TableError, match=message):
        read_bytes(tmp_path, content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16", "utf-32"])
@pytest.mark.parametrize("is_gzip", [False, True])
def test_the_encoding_is_found_out_and_reported(tmp_path: Path, encoding: str, *, is_gzip: bool) -> None:
    content = "näme,x\nÅsa,1\n\nÉmile,2\n".encode(encoding)

    types, rows, remarks = read_bytes(tmp_path, gzip.compress(content, mtime=0) if is_gzip else content)

    assert list(types) == ["näme", "x"]
    assert rows == [("Åsa", 1), ("Émile", 2)]
    assert [remark.startswith("the file is not UTF-8 and was read as") for remark in remarks] == (
        [] if encoding.startswith("utf-8") else [True]
    )


@pytest.mark.parametrize(
    ("content", "names", "remark"),
    [
        (
            b"country,2024,2025\nDE,1,2\n",
            ["country", "2024", "2025"],
            "the years in the first line were taken as names of columns: 2024, 2025",
        ),
        (
            b"region,2024-01-01,2024-02-01\nn,1,2\n",
            ["region", "2024-01-01", "2024-02-01"],
            "the dates in the first line were taken as names of columns: 2024-01-01, 2024-02-01",
        ),
        (
            b"Region,2020,2021,2020\nx,1,2,3\n",
            ["Region", "2020", "2021", "2020_1"],
            "the years in the first line were taken as names of columns: 2020, 2021, 2020",
        ),
        (b"shop,202401,202402\nx,1.5,2\n", ["shop", "202401", "202402"], "the dates in the first line were taken"),
        (b"Ada,2024-01-01\nBob,NA\nCem,2024-03-01\n", ["column0", "column1"], "the first line holds values"),
        (b"2024,2025\n1,2.5\n", ["2024", "2025"], "the years in the first line were taken as names"),
        (b"1,2\n3,4\n", ["column0", "column1"], "the first line holds values and no names"),
        (b"Ada,2024\nBob,2025\n", ["column0", "column1"], "the first line holds values and no names"),
        (b"Ada,1.5\nBob,2.5\n", ["column0", "column1"], "the first line holds values and no names"),
    ],
)
def test_a_first_line_with_numbers_is_reported(tmp_path: Path, content: bytes, names: list[str], remark: str) -> None:
    types, _, remarks = read_bytes(tmp_path, content)

    assert list(types) == names
    assert [found.startswith(remark) for found in remarks] == [True]


def test_columns_that_cannot_be_read_safely_are_text_and_reported(tmp_path: Path) -> None:
    _, _, remarks = read_bytes(tmp_path, b"price;day\n1,234;01/02/2026\n")

    assert remarks == (
        "text, because 1,234 may be a decimal or a thousand: price",
        "text, because it is not clear whether day or month comes first: day",
    )


@pytest.mark.parametrize(
    "values",
    [
        ("9007199254740993.25", "1e-5", "1.5"),
        ("1234567890123456789", "1e-7"),
        ("12345678901234567.5", "1e30"),
        ("12345678901234567.5", "-inf"),
        ("12345678901234567890123456789.5", "0.1234567890123456789"),
        ("1" * 39, "2"),
    ],
)
def test_numbers_that_no_exact_type_holds_are_doubles_and_reported(tmp_path: Path, values: tuple[str, ...]) -> None:
    text = "x;y\n" + "".join(f"{value};1\n" for value in values)
    types, rows, remarks = read_bytes(tmp_path, text.encode())

    assert types["x"] == "DOUBLE"
    assert [row[0] for row in rows] == [float(value) for value in values]
    assert remarks == ("DOUBLE, which rounds some of the numbers, because no exact type holds all of them: x",)


@pytest.mark.parametrize(
    "values",
    [("12345678.123456789", "1e-05"), ("0.10000000000000001", "0.2"), ("123456789012.500000", "inf"), ("1e16", "3")],
)
def test_numbers_that_a_double_keeps_are_doubles_without_a_remark(tmp_path: Path, values: tuple[str, ...]) -> None:
    text = "x;y\n" + "".join(f"{value};1\n" for value in values)
    types, _, remarks = read_bytes(tmp_path, text.encode())

    assert (types["x"], remarks) == ("DOUBLE", ())


def test_rows_that_the_sample_does_not_hold_decide_on_the_type(tmp_path: Path) -> None:
    names = ",".join(f"n{number}" for number in range(50))
    text = f"{names}\n" + f"{','.join(['7'] * 50)}\n" * 3_000 + f"{','.join(['NA', '2.5', ' 3', 'x', '1e-7'] * 10)}\n"
    types, rows, _ = read_bytes(tmp_path, text.encode())

    assert list(types.values()) == ["BIGINT", "DOUBLE", "BIGINT", "VARCHAR", "DOUBLE"] * 10
    assert rows[-1] == (None, 2.5, 3, "x", 1e-7) * 10


def test_a_wide_file_is_read(tmp_path: Path) -> None:
    names = ",".join(f"c{number}" for number in range(800))
    types, rows, _ = read_bytes(tmp_path, f"{names}\n{','.join('1' * 800)}\n{','.join(['2.5'] * 800)}\n".encode())

    assert (set(types.values()), len(rows)) == ({"DOUBLE"}, 2)
