import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from tests.tools.file_bucket import FileBucket
from tools.data_bucket.files import DataFiles
from tools.documents.collection import DocumentSource
from tools.documents.errors import DocumentError
from tools.documents.tools import MAX_HITS, MAX_LISTED, MAX_READ_CHARS, MAX_READ_LINES, DocumentTools


def answer(tool: Callable[..., object], *given: object, **named: object) -> dict[str, Any]:
    """What a tool answers, read back."""
    found: dict[str, Any] = json.loads(str(tool(*given, **named)))
    return found


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[dict[str, bytes]], DocumentTools]:
    def tools(files: dict[str, bytes]) -> DocumentTools:
        return DocumentTools(DocumentSource(DataFiles(cast(Any, FileBucket(files)), "data", tmp_path)))

    return tools


@pytest.fixture
def shipped(data_bucket: FileBucket, tmp_path: Path) -> DocumentTools:
    """The documents of the data set that the project ships."""
    return DocumentTools(DocumentSource(DataFiles(cast(Any, data_bucket), "data", tmp_path)))


Opened = Callable[[dict[str, bytes]], DocumentTools]


def test_a_search_names_document_lines_and_section(shipped: DocumentTools, data_bucket: FileBucket) -> None:
    found = answer(shipped.search_documents, "What work did the participants do in their crews?")

    assert found["columns"] == ["document", "lines", "section", "text", "score"]
    document, lines, section, text, _ = found["rows"][0]
    assert (document, section) == ("programme.md", "The training programme > What participants did")
    first, last = map(int, lines.split("-"))
    written = data_bucket.files["programme.md"].decode().splitlines()
    assert "\n".join(written[first - 1 : last]) == text


@pytest.mark.parametrize(("limit", "expected"), [(0, 1), (3, 3), (99, MAX_HITS)])
def test_a_search_returns_so_many_passages_at_most(opened: Opened, limit: int, expected: int) -> None:
    tools = opened({f"{number:02}.txt": b"same word" for number in range(20)})

    found = answer(tools.search_documents, "word", limit=limit)

    assert found["row_count"] == expected
    assert [row[0] for row in found["rows"]] == [f"{number:02}.txt" for number in range(expected)]


def test_a_search_without_a_hit_says_so(shipped: DocumentTools) -> None:
    found = answer(shipped.search_documents, "zebra")

    assert (found["rows"], found["note"][:29]) == ([], "no passage has a word of the ")


@pytest.mark.parametrize(
    ("query", "problem"),
    [("?!", "the query has no word"), ("x" * 1_001, "1,001 characters; allowed: 1,000")],
    ids=["no word", "too long"],
)
def test_a_query_that_can_find_nothing_is_rejected(shipped: DocumentTools, query: str, problem: str) -> None:
    with pytest.raises(DocumentError, match=problem):
        answer(shipped.search_documents, query)


def test_documents_are_listed_with_their_first_heading(shipped: DocumentTools) -> None:
    listed = answer(shipped.list_documents)

    assert [(name, title) for name, _, title in listed["rows"]] == [
        ("README.md", "Data"),
        ("methods.md", "Methods"),
        ("programme.md", "The training programme"),
    ]
    assert not listed["truncated"]


def test_of_many_documents_the_first_are_listed(opened: Opened) -> None:
    listed = answer(opened({f"{number:03}.txt": b"x" for number in range(MAX_LISTED + 1)}).list_documents)

    assert (listed["row_count"], listed["truncated"]) == (MAX_LISTED, True)


def test_documents_that_cannot_be_searched_are_listed_with_the_reason(opened: Opened) -> None:
    assert list(answer(opened({"a.txt": b"\0", "b.txt": b"x"}).list_documents)["unreadable"]) == ["a.txt"]


def test_a_document_is_read_by_its_lines(opened: Opened) -> None:
    tools = opened({"a.txt": b"1\n2\n3\n4"})

    assert answer(tools.read_document, "a.txt", first_line=2, last_line=3) == {
        "document": "a.txt",
        "first_line": 2,
        "last_line": 3,
        "text": "2\n3",
    }
    assert answer(tools.read_document, "a.txt")["last_line"] == 4


@pytest.mark.parametrize(
    ("line", "lines"), [(b"x", MAX_READ_LINES), (b"x" * 999, MAX_READ_CHARS // 1_000)], ids=["lines", "characters"]
)
def test_a_long_document_is_read_in_parts(opened: Opened, line: bytes, lines: int) -> None:
    tools = opened({"a.txt": b"\n".join([line] * 500)})

    first = answer(tools.read_document, "a.txt")
    second = answer(tools.read_document, "a.txt", first_line=first["next_line"])

    assert (first["last_line"], first["next_line"]) == (lines, lines + 1)
    assert second["first_line"] == lines + 1


def test_a_line_that_is_too_long_is_cut(opened: Opened) -> None:
    found = answer(opened({"a.txt": b"x" * (MAX_READ_CHARS + 1)}).read_document, "a.txt")

    assert len(found["text"]) == MAX_READ_CHARS
    assert "search_documents finds its parts" in found["truncated"]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (("b.txt",), "there is no document 'b.txt'; list_documents names them"),
        (("a.txt", 3), "a.txt has lines 1 to 2, and lines 3 to the last were asked for"),
        (("a.txt", 0), "lines 0 to the last"),
        (("a.txt", 2, 1), "lines 2 to 1"),
    ],
    ids=["document", "beyond", "zero", "backwards"],
)
def test_lines_that_there_are_not_are_rejected_with_those_there_are(
    opened: Opened, given: tuple[Any, ...], problem: str
) -> None:
    with pytest.raises(DocumentError, match=problem):
        answer(opened({"a.txt": b"1\n2"}).read_document, *given)


def test_documents_that_change_during_a_run_do_not_change_its_answers(
    shipped: DocumentTools, data_bucket: FileBucket
) -> None:
    answer(shipped.list_documents)
    data_bucket.files["new.txt"] = b"zebra"

    assert answer(shipped.search_documents, "zebra")["rows"] == []
