import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest
from botocore.exceptions import ClientError

from tests.tools.file_bucket import FileBucket
from tools.data_bucket.files import DataFiles
from tools.data_bucket.tables import BucketTables
from tools.sql.result import SqlError
from tools.sql.tools import DataSource, SqlTools

CONTEXT: Any = SimpleNamespace(cancel_signal=threading.Event())


def answer(tool: Callable[..., object], *given: object) -> dict[str, Any]:
    """What a tool answers, read back."""
    found: dict[str, Any] = json.loads(str(tool(*given)))
    return found


@pytest.fixture
def source(data_bucket: FileBucket, tmp_path: Path) -> DataSource:
    return DataSource(DataFiles(cast(Any, data_bucket), "data", tmp_path))


@pytest.fixture
def tools(source: DataSource) -> SqlTools:
    return SqlTools(source)


def test_the_tables_are_listed_with_what_is_known_about_them(tools: SqlTools) -> None:
    listed = answer(tools.list_tables)

    assert listed["columns"] == ["table", "rows", "columns"]
    assert [(name, rows) for name, rows, _ in listed["rows"]] == [("cps", 15_992), ("nsw", 445)]
    assert listed["rows"][1][2].startswith("data_id, treat, age")
    assert listed["notes"].startswith("# Data")


def test_a_table_is_described_column_by_column(tools: SqlTools) -> None:
    described = answer(tools.describe_table, "nsw")

    assert described["columns"] == ["column", "type", "min", "max", "distinct", "missing_percent"]
    assert ["treat", "BIGINT", "0", "1", 2, 0.0] in described["rows"]
    assert described["row_count"] == 11


def test_a_table_that_is_not_there_is_named(tools: SqlTools) -> None:
    with pytest.raises(SqlError, match="men"):
        answer(tools.describe_table, 'men"; DROP TABLE nsw; --')


def test_the_published_effect_comes_out(tools: SqlTools) -> None:
    query = "SELECT avg(re78) FILTER (treat = 1) - avg(re78) FILTER (treat = 0) AS effect FROM nsw"

    found = answer(tools.run_sql, query, CONTEXT)

    assert found["columns"] == ["effect"]
    assert round(found["rows"][0][0]) == 1_794
    assert (found["row_count"], found["truncated"]) == (1, False)


def test_files_are_loaded_once_for_all_runs_until_they_change(source: DataSource, data_bucket: FileBucket) -> None:
    answer(SqlTools(source).list_tables)
    answer(SqlTools(source).list_tables)
    assert sorted(data_bucket.downloads) == ["README.md", "cps.csv", "nsw.csv"]

    data_bucket.files["nsw.csv"] = b"treat\n1\n"

    assert answer(SqlTools(source).run_sql, "SELECT count(*) FROM nsw", CONTEXT)["rows"] == [[1]]
    assert data_bucket.downloads.count("cps.csv") == 1


def test_files_that_change_during_a_run_do_not_change_its_answer(source: DataSource, data_bucket: FileBucket) -> None:
    tools = SqlTools(source)
    answer(tools.list_tables)
    data_bucket.files["nsw.csv"] = b"treat\n1\n"

    assert answer(tools.run_sql, "SELECT count(*) FROM nsw", CONTEXT)["rows"] == [[445]]


def test_files_of_the_same_table_name_get_one_each(tmp_path: Path) -> None:
    bucket = FileBucket({"a b.csv": b"x\n1\n", "a-b.csv": b"x\n2\n"})
    tools = SqlTools(DataSource(DataFiles(cast(Any, bucket), "data", tmp_path)))

    assert [row[0] for row in answer(tools.list_tables)["rows"]] == ["a_b", "a_b_2"]


def test_a_file_that_is_no_table_is_reported(tmp_path: Path) -> None:
    bucket = FileBucket({"bad.csv": b"\x00\xff\xfe" * 50, "good.csv": b"x\n1\n"})
    tools = SqlTools(DataSource(DataFiles(cast(Any, bucket), "data", tmp_path)))

    listed = answer(tools.list_tables)

    assert [row[0] for row in listed["rows"]] == ["good"]
    assert list(listed["unreadable"]) == ["bad"]


def test_a_bucket_without_tables_is_reported(tmp_path: Path) -> None:
    tools = SqlTools(DataSource(DataFiles(cast(Any, FileBucket({"notes.txt": b"x"})), "data", tmp_path)))

    with pytest.raises(SqlError, match="holds no CSV or Parquet file"):
        answer(tools.list_tables)


def test_the_message_of_s3_is_not_what_the_model_and_the_user_read(
    tools: SqlTools, data_bucket: FileBucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: str) -> None:
        details: Any = {"Error": {"Code": "AccessDenied", "Message": "arn:aws:sts::123456789012:assumed-role/worker"}}
        raise ClientError(details, "ListObjectsV2")

    monkeypatch.setattr(data_bucket, "get_paginator", refuse)

    with pytest.raises(SqlError, match=r"^the data files cannot be read now"):
        answer(tools.list_tables)
    assert "assumed-role/worker" in capsys.readouterr().out


def test_a_parquet_file_is_a_table_as_for_the_analysis(tmp_path: Path) -> None:
    duckdb.execute(f"COPY (SELECT 1.5 AS x) TO '{tmp_path / 'a.parquet'}' (FORMAT parquet)")
    bucket = FileBucket({"a.csv": b"x\n1\n", "a.parquet": (tmp_path / "a.parquet").read_bytes()})
    files = DataFiles(cast(Any, bucket), "data", tmp_path)
    tools = SqlTools(DataSource(files))

    assert [row[0] for row in answer(tools.list_tables)["rows"]] == list(BucketTables(files).names()) == ["a", "a_2"]
    assert answer(tools.run_sql, "SELECT a.x, a_2.x FROM a, a_2", CONTEXT)["rows"] == [[1, 1.5]]


def test_a_time_with_a_zone_and_exact_decimals_reach_the_model(tmp_path: Path) -> None:
    bucket = FileBucket({"t.csv": b"seen_at,x\n2026-01-31 10:00:00+02:00,12345678901234567.89\n"})
    tools = SqlTools(DataSource(DataFiles(cast(Any, bucket), "data", tmp_path)))

    found = answer(tools.run_sql, "SELECT seen_at, x, [x] AS list FROM t", CONTEXT)

    assert found["rows"] == [["2026-01-31 08:00:00+00", "12345678901234567.89", ["12345678901234567.89"]]]
