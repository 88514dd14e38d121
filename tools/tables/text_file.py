"""The text of a file: compression and encoding, found out by reading all of it."""

import codecs
import gzip
import io
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final, cast

from tools.tables.errors import TableError

HEAD_CHARS: Final = 131_072
"""Characters from which the dialect is found out."""

_CHUNK_BYTES: Final = 2**20
_GZIP: Final = b"\x1f\x8b"
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WITHOUT_MARK: Final = ("utf-8", "cp1252", "latin-1")
_NAMES: Final = {"utf-16": "UTF-16", "utf-32": "UTF-32", "cp1252": "Windows-1252", "latin-1": "ISO 8859-1"}


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file that is UTF-8, compressed with gzip or not. `head` is its beginning, `complete` if that is all of it."""

    path: Path
    is_gzip: bool
    head: str
    complete: bool
    has_one_line_end: bool
    """Whether all line ends are of one kind."""

    remarks: tuple[str, ...] = ()

    @contextmanager
    def open(self) -> Iterator[IO[str]]:
        """The text, with its line ends as they are."""
        opener = gzip.open if self.is_gzip else open
        with opener(self.path, "rt", encoding="utf-8-sig", newline="") as text:
            yield text


@contextmanager
def text_file(path: Path) -> Iterator[TextFile]:
    """The file, or a copy in UTF-8 that is removed afterwards. Raises TableError if it is empty or no text."""
    with path.open("rb") as file:
        is_gzip = file.read(len(_GZIP)) == _GZIP
    encoding, has_one_line_end = _scan(path, is_gzip=is_gzip)
    if encoding in {"utf-8", "utf-8-sig"}:
        yield _with_head(TextFile(path, is_gzip, "", complete=False, has_one_line_end=has_one_line_end))
        return
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", suffix=".csv") as copy:
        copy.writelines(_texts(path, codecs.getincrementaldecoder(encoding)(), is_gzip=is_gzip))
        copy.flush()
        remarks = (f"the file is not UTF-8 and was read as {_NAMES[encoding]}",)
        whole = TextFile(Path(copy.name), is_gzip=False, head="", complete=False, has_one_line_end=has_one_line_end)
        yield _with_head(replace(whole, remarks=remarks))


def _with_head(file: TextFile) -> TextFile:
    with file.open() as text:
        head = text.read(HEAD_CHARS)
        complete = not text.read(1)
    if not head.strip():
        raise TableError("the file is empty; its first line must name the columns")
    return replace(file, head=head, complete=complete)


def _scan(path: Path, *, is_gzip: bool) -> tuple[str, bool]:
    """The first encoding in which all of the file is text, and whether all line ends are of one kind."""
    with _opened(path, is_gzip=is_gzip) as file:
        first = file.read(4)
    marked = next((encoding for mark, encoding in _MARKS if first.startswith(mark)), None)
    for encoding in (marked,) if marked else _WITHOUT_MARK:
        try:
            return encoding, _has_one_line_end(path, encoding, is_gzip=is_gzip)
        except UnicodeDecodeError:
            continue
    name = _NAMES.get(marked or "", "UTF-8")
    raise TableError(f"the file begins as {name} text, but not all of it is; save it as UTF-8")


def _has_one_line_end(path: Path, encoding: str, *, is_gzip: bool) -> bool:
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=False)
    line = 1
    for text in _texts(path, decoder, is_gzip=is_gzip):
        if "\0" in text:
            line += text.partition("\0")[0].count("\n")
            raise TableError(f"line {line} holds a NUL byte: the file is no text; save it as CSV in UTF-8")
        line += text.count("\n")
    return not isinstance(decoder.newlines, tuple)


def _texts(
    path: Path, decoder: codecs.IncrementalDecoder | io.IncrementalNewlineDecoder, *, is_gzip: bool
) -> Iterator[str]:
    with _opened(path, is_gzip=is_gzip) as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)


@contextmanager
def _opened(path: Path, *, is_gzip: bool) -> Iterator[IO[bytes]]:
    try:
        with gzip.open(path, "rb") if is_gzip else path.open("rb") as file:
            yield cast(IO[bytes], file)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise TableError("the file cannot be decompressed: it is damaged or incomplete") from None
