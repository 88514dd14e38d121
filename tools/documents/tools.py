"""Tools that let an agent search and read the documents of the data bucket."""

import json
import re
import threading
from collections.abc import Iterable, Sequence
from typing import Any, Final

from strands import tool

from tools.documents.collection import Collection, DocumentSource
from tools.documents.document import Document
from tools.documents.errors import DocumentError
from tools.documents.passage import Passage

MAX_HITS: Final = 10
MAX_QUERY_CHARS: Final = 1_000
MAX_LISTED: Final = 200
MAX_READ_LINES: Final = 400
MAX_READ_CHARS: Final = 20_000

_WORD: Final = re.compile(r"[^\W_]")


class DocumentTools:
    """The tools of one run. It takes the documents as they are when it first uses one."""

    def __init__(self, source: DocumentSource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._opened: Collection | None = None

    @tool
    def list_documents(self) -> str:
        """List the documents with their number of lines and their first heading, 200 documents at most."""
        opened = self._open()
        shown = list(opened.documents.values())[:MAX_LISTED]
        titles = _titles(opened.passages)
        rows = [(document.name, len(document.lines), titles.get(document.name, "")) for document in shown]
        about: dict[str, Any] = {"truncated": len(shown) < len(opened.documents)}
        unreadable = dict(list(opened.unreadable.items())[:MAX_LISTED])
        return _json(("document", "lines", "title"), rows, about | ({"unreadable": unreadable} if unreadable else {}))

    @tool
    def search_documents(self, query: str, limit: int = 5) -> str:
        """Search all documents and return the passages that fit best, each with its document and its lines.

        Args:
            query: The words to look for. A passage need not have all of them; those that few passages have count most.
            limit: Number of passages, 10 at most.
        """
        if len(query) > MAX_QUERY_CHARS:
            raise DocumentError(f"the query has {len(query):,} characters; allowed: {MAX_QUERY_CHARS:,}")
        if not _WORD.search(query):
            raise DocumentError("the query has no word; give some that the documents may have")
        opened = self._open()
        hits = opened.index.find(query, min(max(limit, 1), MAX_HITS))
        rows = [(*_described(opened.passages[hit.place]), hit.score) for hit in hits]
        about = {} if rows else {"note": "no passage has a word of the query; try others, or list_documents"}
        return _json(("document", "lines", "section", "text", "score"), rows, about)

    @tool
    def read_document(self, document: str, first_line: int = 1, last_line: int = 0) -> str:
        """Read lines of a document, 400 lines and 20,000 characters at most. `next_line` is where to go on.

        Args:
            document: Name of the document, as list_documents and search_documents give it.
            first_line: The first line, counted from 1.
            last_line: The last line; leave it out for as many as are returned at once.
        """
        found = self._open().documents.get(document)
        if found is None:
            raise DocumentError(f"there is no document '{document[:200]}'; list_documents names them")
        return json.dumps(_read(found, first_line, last_line), ensure_ascii=False)

    def _open(self) -> Collection:
        with self._lock:
            if self._opened is None:
                self._opened = self._source.current()
            return self._opened


def _titles(passages: Iterable[Passage]) -> dict[str, str]:
    """The first heading of each document that has one."""
    titles: dict[str, str] = {}
    for passage in passages:
        if passage.headings:
            titles.setdefault(passage.document, passage.headings[0])
    return titles


def _described(passage: Passage) -> tuple[str, str, str, str]:
    lines = f"{passage.first_line}-{passage.last_line}"
    return passage.document, lines, passage.section, passage.text


def _read(document: Document, first_line: int, last_line: int) -> dict[str, Any]:
    lines = document.lines
    if not 1 <= first_line <= len(lines) or (last_line and last_line < first_line):
        asked = f"lines {first_line} to {last_line or 'the last'}"
        raise DocumentError(f"{document.name} has lines 1 to {len(lines)}, and {asked} were asked for")
    wanted = lines[first_line - 1 : last_line or None]
    kept: list[str] = []
    size = 0
    for line in wanted[:MAX_READ_LINES]:
        size += len(line) + 1
        if kept and size > MAX_READ_CHARS:
            break
        kept.append(line[:MAX_READ_CHARS])
    last = first_line + len(kept) - 1
    found: dict[str, Any] = {"document": document.name, "first_line": first_line, "last_line": last}
    if len(kept) < len(wanted):
        found["next_line"] = last + 1
    if any(len(line) > MAX_READ_CHARS for line in wanted[: len(kept)]):
        found["truncated"] = f"a line has more than {MAX_READ_CHARS:,} characters; search_documents finds its parts"
    return {**found, "text": "\n".join(kept)}


def _json(columns: Sequence[str], rows: Sequence[Sequence[Any]], about: dict[str, Any]) -> str:
    table = {"columns": list(columns), "rows": [list(row) for row in rows], "row_count": len(rows)}
    return json.dumps({**table, **about}, ensure_ascii=False)
