from typing import Any, cast

import pytest

from runtime.process.run_files import MAX_FILE_BYTES, RunFileError, RunFiles
from tests.runtime.stage import MemoryBucket


@pytest.fixture
def bucket() -> MemoryBucket:
    return MemoryBucket()


@pytest.fixture
def files(bucket: MemoryBucket) -> RunFiles:
    return RunFiles("payloads", cast(Any, bucket), "run-1")


def test_a_file_is_kept_under_its_run_and_found_again(files: RunFiles, bucket: MemoryBucket) -> None:
    files.put("plots/balance.png", b"\x89PNG", "image/png")

    assert bucket.objects == {"runs/run-1/files/plots/balance.png": b"\x89PNG"}
    files.put("plots/balance.png", b"\x89PNG again", "image/png")
    assert files.get("plots/balance.png") == b"\x89PNG again"


def test_files_are_listed_by_name_over_all_pages(files: RunFiles, bucket: MemoryBucket) -> None:
    assert files.list() == []
    for name in ("report.md", "plots/b.png", "plots/a.png", "results/effect.json", "_notes-1.txt"):
        files.put(name, b"x", "text/plain")
    bucket.objects["runs/run-2/files/other.md"] = bucket.objects["runs/run-1/steps/01-x.json"] = b"not ours"

    assert files.list() == ["_notes-1.txt", "plots/a.png", "plots/b.png", "report.md", "results/effect.json"]


@pytest.mark.parametrize(
    "name",
    ["", "/a", "plots/", "a//b", "../a", "plots/../../x", ".hidden", "a/.b", "a b", "é.md", "a\n", "a\\b", "x" * 201],
)
def test_a_name_that_leads_elsewhere_is_refused(files: RunFiles, bucket: MemoryBucket, name: str) -> None:
    for call in (lambda: files.put(name, b"", "text/plain"), lambda: files.get(name)):
        with pytest.raises(RunFileError, match="is no name for a run's file: use letters"):
            call()
    assert bucket.objects == {}


def test_a_file_over_the_limit_is_refused_with_both_sizes(files: RunFiles, bucket: MemoryBucket) -> None:
    files.put("large", bytes(MAX_FILE_BYTES), "application/octet-stream")

    with pytest.raises(RunFileError, match="file larger has 26,214,401 bytes and may have 26,214,400"):
        files.put("larger", bytes(MAX_FILE_BYTES + 1), "application/octet-stream")

    assert list(bucket.objects) == ["runs/run-1/files/large"]


def test_a_file_that_is_not_there_is_told_with_those_that_are(files: RunFiles) -> None:
    files.put("report.md", b"#", "text/markdown")

    with pytest.raises(RunFileError, match=r"no file results.json: take one of \['report.md'\]"):
        files.get("results.json")
