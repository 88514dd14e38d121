"""Names of files and columns that are special in SQL."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest

from tests.tools.file_bucket import FileBucket
from tools.data_bucket.files import DataFiles, table_name
from tools.sql.database import SqlDatabase
from tools.sql.tools import DataSource, SqlTools

CONTEXT: Any = SimpleNamespace(cancel_signal=threading.Event())


def answer(tool: Callable[..., object], *given: object) -> dict[str, Any]:
    """What a tool answers, read back."""
    found: dict[str, Any] = json.loads(str(tool(*given)))
    return found


def test_a_file_named_like_any_keyword_makes_a_table_that_works_without_quotes(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x\n1\n")
    words = [word for (word,) in duckdb.execute("SELECT DISTINCT keyword_name FROM duckdb_keywords()").fetchall()]
    names = {table_name(f"{word.upper()}.csv") for word in words}

    with duckdb.connect(":memory:") as connection:
        for name in names:
            connection.execute(f'CREATE TABLE "{name}" AS SELECT 1 AS x')
            sql = f"SELECT {name}.x FROM {name} JOIN (SELECT 1 AS y) other ON {name}.x = other.y"  # noqa: S608
            assert connection.execute(sql).fetchall() == [(1,)]
    assert "t_order" in names
    assert "sales" not in names


@pytest.mark.parametrize(
    ("key", "table"),
    [
        ("order.csv", "t_order"),
        ("Group.parquet", "t_group"),
        ("LEFT.tsv", "t_left"),
        ("values.csv", "values"),
        ("a.b.csv", "a_b"),
        ('say "hi".csv', "say_hi"),
        ("Größe 1.csv", "größe_1"),
        ("sales.csv.gz", "sales"),
        ("½.csv", "t_½"),
        ("1st.csv", "t_1st"),
    ],
)
def test_the_name_of_a_table_works_without_quotes(tmp_path: Path, key: str, table: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x\n1\n")

    database = SqlDatabase.load({table_name(key): path})

    assert table_name(key) == table
    assert database.query(f"SELECT {table}.x FROM {table}", threading.Event()).rows == ((1,),)  # noqa: S608


def test_files_whose_names_coincide_are_all_there(tmp_path: Path) -> None:
    bucket = FileBucket({key: f"x\n{number}\n".encode() for number, key in enumerate(("A.csv", "a.csv", "a.tsv"))})
    tools = SqlTools(DataSource(DataFiles(cast(Any, bucket), "data", tmp_path)))

    found = answer(tools.run_sql, "SELECT a.x, a_2.x, a_3.x FROM a, a_2, a_3", CONTEXT)

    assert found["rows"] == [[0, 1, 2]]


def test_columns_are_listed_as_sql_has_to_write_them(tmp_path: Path) -> None:
    bucket = FileBucket({"t.csv": b'id,first name,order,"a""b",2025\n1,2,3,4,5\n'})
    tools = SqlTools(DataSource(DataFiles(cast(Any, bucket), "data", tmp_path)))

    ((_, rows, columns),) = answer(tools.list_tables)["rows"]

    assert (rows, columns) == (1, 'id, "first name", "order", "a""b", "2025"')
    assert answer(tools.run_sql, f"SELECT {columns} FROM t", CONTEXT)["rows"] == [[1, 2, 3, 4, 5]]  # noqa: S608


def test_what_is_to_know_of_a_file_is_listed_with_the_tables(tmp_path: Path) -> None:
    bucket = FileBucket({"t.csv": b"a;b\n1;2\n3\n", "u.csv": b"a\n1\n"})
    tools = SqlTools(DataSource(DataFiles(cast(Any, bucket), "data", tmp_path)))

    assert answer(tools.list_tables)["remarks"] == {
        "t": ["rows with fewer values than the header, filled with missing ones: 1 (lines 3)"]
    }
