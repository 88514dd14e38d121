"""Reads a requirements file, with the files that it includes in their places."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from components.packaging.errors import PackageError

_OPTION: Final = re.compile(
    r"(?:(?P<include>-r|--requirement)|-c|--constraint)(?:\s*=\s*|\s+|(?=[^\s-]))(?P<file>.+?)\s*(?:\s#.*)?"
)
_WIDE_MARKS: Final = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""In this order: the mark of UTF-32 begins with that of UTF-16."""

_REWRITE: Final = "save it as UTF-8 (Windows PowerShell's > writes UTF-16), or write it again with make lock"


def read_requirements(path: Path) -> str:
    """Returns the text of a requirements file, with included files in place of their `-r` lines.

    Lines that name constraints are left out: a locked file pins each version itself. Raises PackageError
    PACKAGE_SOURCE for a file that is missing, includes itself, or is not text in UTF-8.
    """
    return "".join(f"{line}\n" for line in _lines(path, ()))


def _lines(path: Path, including: tuple[Path, ...]) -> Iterator[str]:
    origin = f", which {including[-1]} includes," if including else ""
    if path.resolve() in (parent.resolve() for parent in including):
        raise _error(f"package requirements {path} includes itself; remove one of the lines that begin with -r")
    for line in _text(path, origin).splitlines():
        option = _OPTION.fullmatch(line.strip())
        if option is None:
            yield line
            continue
        named = option["file"].strip("\"'")
        if "://" in named:
            raise _error(f"package requirements {path} includes {named}; copy its lines into a file of the project")
        lines = _lines(path.parent / named, (*including, path))
        if option["include"]:
            yield from lines
        else:
            # The file has to exist even though its lines are not used.
            any(lines)


def _text(path: Path, origin: str) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise _error(
            f"package requirements {path}{origin} do not exist; write the file with make lock, or correct its name"
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise _error(f"package requirements {path}{origin} cannot be read: {reason}; name a file of text") from error
    for mark, encoding in _WIDE_MARKS.items():
        if content.startswith(mark):
            raise _error(f"package requirements {path}{origin} are encoded in {encoding}; {_REWRITE}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _error(f"package requirements {path}{origin} are not text in UTF-8 (line {line}); {_REWRITE}") from error
    if "\0" in text:
        raise _error(f"package requirements {path}{origin} are not text in UTF-8 (they have zero bytes); {_REWRITE}")
    return text


def _error(message: str) -> PackageError:
    return PackageError("PACKAGE_SOURCE", message)
