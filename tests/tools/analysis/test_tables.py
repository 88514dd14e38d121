from pathlib import Path

import duckdb
import pytest

from tools.analysis import tables
from tools.analysis.errors import AnalysisError
from tools.analysis.tables import check_columns, read_table


def test_csv_and_parquet_give_the_same_table(tmp_path: Path) -> None:
    (tmp_path / "men.csv").write_text("name,age,left\nAda,36,true\nBob,,false\n")
    file = tmp_path / "men.parquet"
    duckdb.execute(f"COPY (FROM read_csv('{tmp_path / 'men.csv'}')) TO '{file}' (FORMAT parquet)")

    csv, parquet = read_table("men", tmp_path / "men.csv"), read_table("men", file)

    assert list(csv.columns) == list(parquet.columns) == ["name", "age", "left"]
    assert csv["age"].isna().tolist() == parquet["age"].isna().tolist() == [False, True]
    assert csv["age"][0] == parquet["age"][0] == 36


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "table t cannot be read as CSV: the file is empty; its first line"),
        ("bare.csv", b"a,b\n", "table t has no rows"),
        ("ragged.csv", b"a\n1\n1,2,3\n", "cannot be read as CSV: line 3 has 3 values, and the header has 1"),
        ("binary.csv", b"\x00\xff\xfe" * 50, "cannot be read as CSV"),
        ("text.parquet", b"a\n1\n", "cannot be read as PARQUET"),
    ],
)
def test_what_is_no_table_is_rejected_with_the_reason(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)

    with pytest.raises(AnalysisError, match=message):
        read_table("t", file)


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("MAX_BYTES", r"has 16 bytes; the tools take 2"),
        ("MAX_ROWS", r"more than 2 rows; analyse a sample"),
        ("MAX_COLUMNS", r"has 3 columns; the tools take 2"),
    ],
)
def test_a_table_over_a_limit_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, message: str
) -> None:
    (tmp_path / "t.csv").write_bytes(b"a,b,c\n1\n2\n3\n4\n5\n")
    monkeypatch.setattr(tables, limit, 2)

    with pytest.raises(AnalysisError, match=message):
        read_table("t", tmp_path / "t.csv")


def test_truth_values_stay_truth_values_where_some_are_missing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("left,name\ntrue,a\n,b\nfalse,\n")

    frame = read_table("t", tmp_path / "t.csv")

    assert (str(frame["left"].dtype), frame["left"].astype(float).tolist()[::2]) == ("boolean", [1, 0])
    assert frame["left"].isna().sum() == 1


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"age,school\n1,2\n")
    frame = read_table("t", tmp_path / "t.csv")

    check_columns("t", frame, ("age", "school"))
    with pytest.raises(AnalysisError, match=r"table t has no column 'Age'; its columns are age, school$"):
        check_columns("t", frame, ("age", "Age"))


@pytest.mark.parametrize(
    "content", ["age;pay\n36;1,5\n40;2,25\n", "age,pay,\n36,1.5,\n40,2.25,\n", "age|pay\n36|1.5\n40|2.25"]
)
def test_delimiters_and_decimal_commas_are_read_as_sql_reads_them(tmp_path: Path, content: str) -> None:
    (tmp_path / "t.csv").write_text(content)

    frame = read_table("t", tmp_path / "t.csv")

    assert frame.to_dict("list") == {"age": [36, 40], "pay": [1.5, 2.25]}


def test_times_with_a_zone_are_times_in_utc(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("at\n2026-01-31T10:00:00+02:00\n")

    assert read_table("t", tmp_path / "t.csv")["at"].astype(str).tolist() == ["2026-01-31 08:00:00"]


def test_decimals_and_large_whole_numbers_are_numeric(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n12345678901234567.89,9223372036854775808\n1.5,1\n")

    frame = read_table("t", tmp_path / "t.csv")

    assert [str(frame[column].dtype) for column in frame] == ["float64", "float64"]
