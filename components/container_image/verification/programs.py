"""Whether a program could be started: it exists, may be executed, is for the CPU, and what loads it is there too."""

from typing import Final

from .elf import MAGIC, ElfFile
from .image_files import ImageFiles
from .libraries import Libraries
from .problem import ImageProblemError

_LONGEST_LINE: Final = 256
"""Bytes of a `#!` line that Linux reads."""
_MOST_SCRIPTS: Final = 5
"""How often Linux follows `#!` lines."""


class Programs:
    """`architecture` is that of the function: arm64 or x86_64."""

    def __init__(self, files: ImageFiles, libraries: Libraries, architecture: str) -> None:
        self._files = files
        self._libraries = libraries
        self._architecture = architecture

    def check(self, path: str, what: str) -> None:
        """Raises ImageProblemError with the file that was looked for; `what` names its part in the image."""
        for _ in range(_MOST_SCRIPTS):
            self._check_file(path, what)
            if self._files.head(path, 4) == MAGIC:
                self._check_elf(path, what)
                return
            what, path = f"the interpreter of {path}", self._interpreter(path, what)
        raise ImageProblemError(f"{what} {path} is a script, as are {_MOST_SCRIPTS} programs before it")

    def _check_file(self, path: str, what: str) -> None:
        if not path.startswith("/"):
            raise ImageProblemError(f"{what} is {path!r}; give an absolute path, because Lambda searches nothing")
        if self._files.is_folder(path):
            raise ImageProblemError(f"{what} {path} is a folder")
        if not self._files.is_file(path):
            raise ImageProblemError(f"{what} {path} does not exist in the image")
        if not self._files.is_executable(path):
            raise ImageProblemError(f"{what} {path} may not be executed; run chmod 755 {path}")

    def _check_elf(self, path: str, what: str) -> None:
        found = ElfFile.parse(path, self._files.bytes(path))
        if found.architecture != self._architecture:
            raise ImageProblemError(
                f"{what} {path} is for {found.architecture}, and the function is for {self._architecture}"
            )
        if found.interpreter and not self._files.is_file(found.interpreter):
            raise ImageProblemError(f"{what} {path} is loaded by {found.interpreter}, which does not exist")
        self._libraries.check(path, what, found)

    def _interpreter(self, path: str, what: str) -> str:
        """Of a script, by its first line."""
        line, newline, _ = self._files.head(path, _LONGEST_LINE).partition(b"\n")
        if not line.startswith(b"#!"):
            raise ImageProblemError(f"{what} {path} is neither a program nor a script with a #! line")
        if line.endswith(b"\r"):
            raise ImageProblemError(f"{what} {path} has Windows line ends, so Linux looks for {_shown(line)}")
        words = line[2:].split()
        if not newline or not words:
            raise ImageProblemError(f"{what} {path} has no interpreter in its #! line")
        interpreter = words[0].decode(errors="replace")
        if not interpreter.startswith("/"):
            raise ImageProblemError(f"{what} {path} names {interpreter!r} in its #! line; give an absolute path")
        return interpreter


def _shown(line: bytes) -> str:
    return repr(line[2:].strip(b" ").decode(errors="replace"))
