from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from tests.tools.file_bucket import FileBucket
from tools.data_bucket.files import DataFiles
from tools.documents.collection import DocumentSource, shared_documents
from tools.documents.errors import DocumentError


def source_of(bucket: FileBucket, folder: Path, index: str = "duckdb") -> DocumentSource:
    return DocumentSource(DataFiles(cast(Any, bucket), "data", folder), index)


def test_documents_are_indexed_once_until_the_files_change(tmp_path: Path) -> None:
    bucket = FileBucket({"a.txt": b"one", "b.txt": b"two"})
    source = source_of(bucket, tmp_path)

    first = source.current()
    assert source.current() is first

    bucket.files["b.txt"] = b"three"
    changed = source.current()

    assert [hit.place for hit in changed.index.find("three", 5)] == [1]
    assert first.index.find("three", 5) == []
    assert bucket.downloads == ["a.txt", "b.txt", "b.txt"]


def test_a_bucket_without_documents_is_reported_with_what_counts_as_one(tmp_path: Path) -> None:
    bucket = FileBucket({"a.csv": b"x\n1\n", "b.txt": b"\0"})

    with pytest.raises(DocumentError, match=r"holds no document \(.md, .*\) that can be searched; b.txt: .* NUL"):
        source_of(bucket, tmp_path).current()


def test_an_index_that_there_is_not_is_rejected_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="by 'elastic'; allowed: duckdb, lancedb"):
        source_of(FileBucket({"a.txt": b"x"}), tmp_path, "elastic").current()


def test_the_message_of_s3_is_not_what_the_model_and_the_user_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: str) -> None:
        details: Any = {"Error": {"Code": "AccessDenied", "Message": "arn:aws:sts::123456789012:assumed-role/worker"}}
        raise ClientError(details, "ListObjectsV2")

    bucket = FileBucket({})
    monkeypatch.setattr(bucket, "get_paginator", refuse)

    with pytest.raises(DocumentError, match=r"^the documents cannot be read now"):
        source_of(bucket, tmp_path).current()
    assert "assumed-role/worker" in capsys.readouterr().out


@pytest.mark.parametrize(("variable", "index"), [("", "DuckDbIndex"), ("duckdb", "DuckDbIndex")])
def test_the_deployment_chooses_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, index: str
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("LONGRUN_DOCUMENT_SEARCH", variable)
    shared_documents.cache_clear()

    source = shared_documents(cast(Any, FileBucket({"a.txt": b"x"})), "data")

    assert type(source.current().index).__name__ == index
    shared_documents.cache_clear()
