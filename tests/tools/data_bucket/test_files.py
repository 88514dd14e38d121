from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from tests.tools.file_bucket import FileBucket
from tools.data_bucket.files import DataFiles, by_table, table_name


@pytest.fixture
def bucket() -> FileBucket:
    return FileBucket({"a.csv": b"x\n1\n", "README.md": b"# About a", "b/c.csv": b"x\n2\n"})


@pytest.fixture
def files(bucket: FileBucket, tmp_path: Path) -> DataFiles:
    return DataFiles(cast(Any, bucket), "data", tmp_path)


def test_all_pages_of_the_bucket_are_listed(files: DataFiles) -> None:
    assert [file.key for file in files.list_files()] == ["README.md", "a.csv", "b/c.csv"]


def test_a_stack_without_a_bucket_has_no_files(bucket: FileBucket) -> None:
    assert DataFiles(cast(Any, bucket), "").list_files() == ()


def test_a_file_is_downloaded_once_per_version(files: DataFiles, bucket: FileBucket) -> None:
    _, first, _ = files.list_files()
    assert files.path(first).read_bytes() == b"x\n1\n"
    assert files.path(first) == files.path(first)
    assert bucket.downloads == ["a.csv"]

    bucket.files["a.csv"] = b"x\n9\n"
    _, changed, _ = files.list_files()

    assert files.path(changed).read_bytes() == b"x\n9\n"
    assert bucket.downloads == ["a.csv", "a.csv"]


def test_a_file_that_changed_since_it_was_listed_is_not_mixed_up(
    files: DataFiles, bucket: FileBucket, tmp_path: Path
) -> None:
    _, listed, _ = files.list_files()
    bucket.files["a.csv"] = b"x\n9\n"

    with pytest.raises(ClientError):
        files.path(listed)

    assert not list(tmp_path.glob("*.csv"))


def test_the_notes_are_the_readme(files: DataFiles) -> None:
    assert files.notes(files.list_files()) == "# About a"
    assert files.notes(()) == ""


@pytest.mark.parametrize(
    ("key", "table"),
    [
        ("nsw.csv", "nsw"),
        ("Sales 2024.CSV", "sales_2024"),
        ("sales.parquet", "sales"),
        ("2024/q-1.csv", "t_2024_q_1"),
        ("---.csv", "t_"),
    ],
)
def test_a_file_gives_its_table_a_name_that_sql_takes(key: str, table: str) -> None:
    assert table_name(key) == table


def test_files_of_the_wanted_kinds_are_tables_and_none_hides_another(tmp_path: Path) -> None:
    content = dict.fromkeys(("a b.csv", "a-b.CSV", "a_b.parquet", "notes.txt"), b"")
    listed = DataFiles(cast(Any, FileBucket(content)), "data", tmp_path).list_files()

    assert {name: file.key for name, file in by_table(listed, ".csv").items()} == {"a_b": "a b.csv", "a_b_2": "a-b.CSV"}
    assert list(by_table(listed, ".csv", ".parquet")) == ["a_b", "a_b_2", "a_b_3"]
