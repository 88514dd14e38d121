"""DataBucket: one object for each file, guarded, and nothing that hides in the folder."""

from pathlib import Path

import pytest

from components.data_bucket import DataBucket
from components.data_bucket.data_bucket import FILES_LIMIT
from components.data_bucket.permissions import read_files
from components.validation import ComponentInputError
from tests.components.harness import deploy


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "nsw.csv").write_text("a,b\n1,2\n")
    (tmp_path / "sub" / "notes.unknown").write_text("n")
    (tmp_path / ".hidden").write_text("x")
    return tmp_path


def test_every_file_but_the_hidden_becomes_an_object(folder: Path) -> None:
    deployment = deploy(lambda: DataBucket("data", {"path": str(folder)}))

    assert deployment.names("aws:s3/bucketObjectv2:BucketObjectv2") == [
        "data-file-nsw.csv",
        "data-file-sub/notes.unknown",
    ]
    uploaded = deployment["data-file-nsw.csv"].inputs
    assert (uploaded["key"], uploaded["bucket"]) == ("nsw.csv", "data-files-bucket")
    assert uploaded["contentType"] == "text/csv"
    assert deployment["data-file-sub/notes.unknown"].inputs["contentType"] == "application/octet-stream"


def test_changed_file_is_a_changed_hash(folder: Path) -> None:
    before = deploy(lambda: DataBucket("data", {"path": str(folder)}))
    (folder / "nsw.csv").write_text("a,b\n1,3\n")
    after = deploy(lambda: DataBucket("data", {"path": str(folder)}))

    hashes = {run["data-file-nsw.csv"].inputs["sourceHash"] for run in (before, after)}
    assert len(hashes) == 2


def test_readers_may_list_and_read_this_bucket_only(folder: Path) -> None:
    outputs = deploy(lambda: DataBucket("data", {"path": str(folder)})).outputs["data"]

    assert [(statement["Action"], statement["Resource"]) for statement in read_files(outputs["bucket_arn"])] == [
        (["s3:ListBucket"], "arn:aws:s3:::data-files-bucket"),
        (["s3:GetObject"], "arn:aws:s3:::data-files-bucket/*"),
    ]


def test_folder_that_is_missing_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(ComponentInputError, match="which is not a folder; give the folder that holds the agents' data"):
        DataBucket("data", {"path": str(tmp_path / "nowhere")})


def test_folder_with_too_many_files_is_rejected(tmp_path: Path) -> None:
    for number in range(FILES_LIMIT + 1):
        (tmp_path / f"{number}.csv").touch()

    with pytest.raises(ComponentInputError, match="with 1,001 files; allowed: 1,000"):
        DataBucket("data", {"path": str(tmp_path)})
