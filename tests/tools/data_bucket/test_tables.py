from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from tests.tools.file_bucket import FileBucket
from tools.analysis.errors import AnalysisError
from tools.data_bucket.files import DataFiles
from tools.data_bucket.tables import BucketTables


def tables_of(bucket: FileBucket, folder: Path) -> BucketTables:
    return BucketTables(DataFiles(cast(Any, bucket), "data", folder))


def test_csv_and_parquet_files_are_tables_and_the_readme_is_what_is_known_of_them(tmp_path: Path) -> None:
    bucket = FileBucket({"b.csv": b"x\n1\n", "a.parquet": b"", "README.md": b"# About", "c.txt": b""})

    tables = tables_of(bucket, tmp_path)

    assert tables.names() == ("a", "b")
    assert tables.path("b").read_bytes() == b"x\n1\n"
    assert tables.path("a").suffix == ".parquet"
    assert tables.notes() == "# About"


def test_a_table_is_downloaded_when_it_is_needed(tmp_path: Path) -> None:
    bucket = FileBucket({"a.csv": b"x\n1\n", "b.csv": b"x\n2\n"})

    tables_of(bucket, tmp_path).path("b")

    assert bucket.downloads == ["b.csv"]


def test_a_bucket_without_tables_is_reported(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="the data bucket holds no CSV or Parquet file; deploy the stack with some"):
        tables_of(FileBucket({"a.txt": b""}), tmp_path).names()


def test_the_message_of_s3_is_in_the_log_and_not_in_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: str) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "role/secret"}}, "ListObjectsV2")

    bucket = FileBucket({})
    monkeypatch.setattr(bucket, "get_paginator", refuse)

    with pytest.raises(AnalysisError, match=r"^the data files cannot be read now; the agent's log tells why$"):
        tables_of(bucket, tmp_path).names()
    assert "role/secret" in capsys.readouterr().out
