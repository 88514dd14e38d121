"""The documents among the files of the data bucket, as text."""

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tools.data_bucket.files import DataFile, DataFiles
from tools.documents.passage import lines_of

SUFFIXES: Final = (".md", ".markdown", ".rst", ".text", ".txt")
MAX_BYTES: Final = 2_000_000
"""Bytes of a document."""
MAX_TOTAL_BYTES: Final = 10_000_000
"""Bytes of all documents: an index of so many takes seconds to make, and 250 MB with the library."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the bucket by its name there, and its text."""

    name: str
    text: str

    @property
    def lines(self) -> list[str]:
        return lines_of(self.text)


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents by name, and those that cannot be searched, each with the reason."""

    readable: dict[str, Document]
    unreadable: dict[str, str]


def read_documents(files: DataFiles, listed: Iterable[DataFile]) -> Documents:
    """Reads the documents among these files, in their order, as far as they fit. Blocks."""
    found = Documents({}, {})
    total = 0
    for file in listed:
        if not file.key.lower().endswith(SUFFIXES):
            continue
        if problem := _size_problem(file.size, total):
            found.unreadable[file.key] = problem
            continue
        total += file.size
        try:
            found.readable[file.key] = Document(file.key, decoded(files.path(file).read_bytes()))
        except UnicodeError as error:
            found.unreadable[file.key] = str(error)
    return found


def _size_problem(size: int, total: int) -> str:
    if size > MAX_BYTES:
        return f"the file has {size:,} bytes; a document has at most {MAX_BYTES:,}: divide it"
    if total + size > MAX_TOTAL_BYTES:
        return f"the documents before it, by name, leave no room: all together have at most {MAX_TOTAL_BYTES:,} bytes"
    return ""


def decoded(content: bytes) -> str:
    """The text, by its byte order mark, otherwise as UTF-8 or Windows-1252. Raises UnicodeError if it is none."""
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "")
    try:
        text = content.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        if encoding:
            raise UnicodeError(f"the file begins as {encoding} text, but not all of it is; save it as UTF-8") from None
        # The five bytes that Windows-1252 leaves open are control characters in Latin-1.
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise UnicodeError("the file holds NUL bytes: it is no text")
    return text
