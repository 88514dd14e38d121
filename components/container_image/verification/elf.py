"""Reads of an ELF file what its start needs: the CPU, the program that loads it, and its libraries."""

import struct
from dataclasses import dataclass
from typing import Final

from .problem import ImageProblemError

MAGIC: Final = b"\x7fELF"
MACHINES: Final = {62: "x86_64", 183: "arm64"}
"""e_machine, and the architecture in Lambda's words."""

_64_BIT: Final = 2
_LITTLE: Final = 1
_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3
_NEEDED, _STRINGS, _RPATH, _RUNPATH = 1, 5, 15, 29
_DYNAMIC_ENTRY: Final = struct.Struct("<qQ")


@dataclass(frozen=True, slots=True)
class Segment:
    """Of the table of segments: what it is, and where it lies in the file and in memory."""

    kind: int
    offset: int
    address: int
    size: int


@dataclass(frozen=True, slots=True)
class ElfFile:
    """`architecture` is arm64, x86_64, or the machine's number. `interpreter` loads it, empty for a static program."""

    architecture: str
    interpreter: str
    libraries: tuple[str, ...]
    search: tuple[str, ...]
    """Folders in which its libraries are looked for first."""

    @classmethod
    def parse(cls, path: str, content: bytes) -> "ElfFile":
        """Raises ImageProblemError for what is no ELF file for a CPU of 64 bits."""
        try:
            return cls._parse(path, content)
        except (struct.error, ValueError, IndexError):
            raise ImageProblemError(f"{path} is a damaged program: its ELF header leads nowhere") from None

    @classmethod
    def _parse(cls, path: str, content: bytes) -> "ElfFile":
        if content[:4] != MAGIC:
            raise ImageProblemError(f"{path} is not an ELF file")
        if (content[4], content[5]) != (_64_BIT, _LITTLE):
            raise ImageProblemError(f"{path} is not a program for a CPU of 64 bits")
        machine = struct.unpack_from("<H", content, 18)[0]
        segments = _segments(content)
        interpreter = next((_bytes(content, each) for each in segments if each.kind == _INTERPRETER), b"")
        dynamic = _dynamic(content, segments)
        strings = next((_offset(segments, value) for tag, value in dynamic if tag == _STRINGS), 0)
        texts = [(tag, _text(content, strings + value)) for tag, value in dynamic if tag in {_NEEDED, _RPATH, _RUNPATH}]
        return cls(
            architecture=MACHINES.get(machine, f"machine {machine}"),
            interpreter=interpreter.rstrip(b"\0").decode(),
            libraries=tuple(text for tag, text in texts if tag == _NEEDED),
            search=tuple(folder for tag, text in texts if tag != _NEEDED for folder in text.split(":") if folder),
        )


def _segments(content: bytes) -> list[Segment]:
    start = struct.unpack_from("<Q", content, 32)[0]
    size, count = struct.unpack_from("<HH", content, 54)
    found = []
    for index in range(count):
        kind, _, offset, address, _, in_file, *_ = struct.unpack_from("<IIQQQQQQ", content, start + index * size)
        found.append(Segment(kind, offset, address, in_file))
    return found


def _dynamic(content: bytes, segments: list[Segment]) -> list[tuple[int, int]]:
    part = next((_bytes(content, each) for each in segments if each.kind == _DYNAMIC), b"")
    whole = len(part) - len(part) % _DYNAMIC_ENTRY.size
    found: list[tuple[int, int]] = []
    for tag, value in _DYNAMIC_ENTRY.iter_unpack(part[:whole]):
        if tag == 0:
            break
        found.append((tag, value))
    return found


def _bytes(content: bytes, segment: Segment) -> bytes:
    return content[segment.offset : segment.offset + segment.size]


def _offset(segments: list[Segment], address: int) -> int:
    """Where in the file that address in memory comes from."""
    for each in segments:
        if each.kind == _LOAD and each.address <= address < each.address + each.size:
            return address - each.address + each.offset
    raise ValueError(address)


def _text(content: bytes, start: int) -> str:
    return content[start : content.index(b"\0", start)].decode()
