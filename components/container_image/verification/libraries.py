"""Whether all shared libraries of a program are in the image, for its CPU."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from .elf import MAGIC, ElfFile
from .image_files import ImageFiles
from .problem import ImageProblemError

_CONFIGURATION: Final = "/etc/ld.so.conf"
_INCLUDED: Final = "/etc/ld.so.conf.d"
_TRIPLES: Final = {"x86_64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
_LINE: Final = re.compile(r"^\s*(/[^\s#]*)", re.MULTILINE)


class Libraries:
    """`path` are the folders of LD_LIBRARY_PATH."""

    def __init__(self, files: ImageFiles, path: Sequence[str] = ()) -> None:
        self._files = files
        self._path = tuple(path)

    def check(self, path: str, what: str, program: ElfFile) -> None:
        """Raises ImageProblemError for the first library that is missing, of the program or of another library."""
        waiting, seen = [(path, program)], set[str]()
        while waiting:
            user, elf = waiting.pop()
            for library in elf.libraries:
                if library not in seen:
                    seen.add(library)
                    waiting.append(self._found(library, user, elf, f"{what} {path}"))

    def _found(self, library: str, user: str, elf: ElfFile, program: str) -> tuple[str, ElfFile]:
        folders = list(dict.fromkeys(self._folders(user, elf)))
        for place in [library] if library.startswith("/") else [f"{folder}/{library}" for folder in folders]:
            if self._files.is_file(place) and self._files.head(place, 4) == MAGIC:
                found = ElfFile.parse(place, self._files.bytes(place))
                # The loader passes over those of another CPU.
                if found.architecture == elf.architecture:
                    return place, found
        by = "" if program.endswith(f" {user}") else f" (by {user})"
        raise ImageProblemError(
            f"{program} needs {library}{by}, which is not in the image for {elf.architecture}: looked in "
            + ", ".join(folders)
        )

    def _folders(self, user: str, elf: ElfFile) -> Iterator[str]:
        """In which the loader looks, in its order."""
        origin = str(PurePosixPath(user).parent)
        yield from (folder.replace("${ORIGIN}", origin).replace("$ORIGIN", origin) for folder in elf.search)
        yield from self._path
        yield from self._configured()
        triple = _TRIPLES.get(elf.architecture, "")
        for base in ("/lib", "/usr/lib"):
            yield from (*([f"{base}/{triple}"] if triple else []), f"{base}64", base)

    def _configured(self) -> Iterator[str]:
        parts = [_CONFIGURATION, *(f"{_INCLUDED}/{name}" for name in self._files.names(_INCLUDED))]
        for part in parts:
            if self._files.is_file(part):
                yield from _LINE.findall(self._files.bytes(part).decode(errors="replace"))
