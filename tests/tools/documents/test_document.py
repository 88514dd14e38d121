import codecs
from pathlib import Path
from typing import Any, cast

import pytest

from tests.tools.file_bucket import FileBucket
from tools.data_bucket.files import DataFiles
from tools.documents import document
from tools.documents.document import Documents, decoded, read_documents


def read(folder: Path, files: dict[str, bytes]) -> tuple[Documents, FileBucket]:
    bucket = FileBucket(files)
    data = DataFiles(cast(Any, bucket), "data", folder)
    return read_documents(data, data.list_files()), bucket


def test_only_text_and_markdown_files_are_documents(tmp_path: Path) -> None:
    files = dict.fromkeys(("a.csv", "b.MD", "c.txt", "d/e.markdown", "f.parquet", "g.rst", "h.pdf"), b"x")

    found, bucket = read(tmp_path, files)

    assert list(found.readable) == ["b.MD", "c.txt", "d/e.markdown", "g.rst"]
    assert bucket.downloads == list(found.readable)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("é".encode(), "é"),
        (codecs.BOM_UTF8 + "é".encode(), "é"),
        ("é".encode("utf-16"), "é"),
        ("é".encode("utf-32"), "é"),
        ("é €".encode("cp1252"), "é €"),
        (b"", ""),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16", "utf-32", "windows", "empty"],
)
def test_the_encoding_is_found_out(content: bytes, text: str) -> None:
    assert decoded(content) == text


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"a\0b", "NUL bytes: it is no text"), (codecs.BOM_UTF16_LE + b"abc", "begins as utf-16 text, but not all")],
    ids=["nul", "half a sign"],
)
def test_what_is_no_text_is_named_and_the_others_are_read(tmp_path: Path, content: bytes, problem: str) -> None:
    found, _ = read(tmp_path, {"bad.txt": content, "good.txt": b"x"})

    assert list(found.readable) == ["good.txt"]
    assert problem in found.unreadable["bad.txt"]


def test_what_is_too_large_is_not_even_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_BYTES", 10)
    monkeypatch.setattr(document, "MAX_TOTAL_BYTES", 15)

    found, bucket = read(tmp_path, {"a.txt": b"x" * 11, "b.txt": b"x" * 10, "c.txt": b"x" * 6, "d.txt": b"x" * 5})

    assert bucket.downloads == list(found.readable) == ["b.txt", "d.txt"]
    assert found.unreadable["a.txt"].startswith("the file has 11 bytes; a document has at most 10")
    assert found.unreadable["c.txt"].startswith("the documents before it, by name, leave no room")
