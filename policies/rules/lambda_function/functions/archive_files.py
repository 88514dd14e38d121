"""Zip and tar files, read within limits."""

import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

TAR: Final = ".tar"
_TAR_SUFFIXES: Final = (TAR, ".tgz", ".tar.gz")
_SUFFIXES: Final = (".zip", ".jar", *_TAR_SUFFIXES)

MAX_FILES: Final = 100_000
"""Files of a package that are looked at. Lambda's 250 MB hold about 20,000 files of Python packages."""

MAX_UNPACKED: Final = 1_000_000_000
"""Bytes of a tar that are passed over in search of its files: three times what Lambda takes."""


class UnreadableError(Exception):
    """An archive that is broken, encrypted, or packed in a way that is not known here."""


def is_archive(path: str) -> bool:
    """Whether Pulumi takes a file for an archive, which its name alone decides."""
    return path.endswith(_SUFFIXES)


def is_tar(path: str) -> bool:
    return path.endswith(_TAR_SUFFIXES)


def listed(path: str) -> tuple[dict[str, int], bool]:
    """The files of an archive with their unpacked bytes, and whether there are more of them. Raises UnreadableError and
    OSError."""
    with _readable():
        if not is_tar(path):
            with ZipFile(path) as archive:
                entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            return {entry.filename: entry.file_size for entry in entries[:MAX_FILES]}, len(entries) > MAX_FILES
        sizes: dict[str, int] = {}
        for entry, _ in _tar_entries(path):
            if entry is None or len(sizes) >= MAX_FILES:
                return sizes, True
            sizes[entry.name] = entry.size
        return sizes, False


def member(path: str, name: str) -> bytes:
    """One file of an archive. Raises UnreadableError, OSError."""
    with _readable():
        if not is_tar(path):
            with ZipFile(path) as archive:
                return archive.read(name)
        for entry, archive_file in _tar_entries(path):
            if entry is not None and entry.name == name:
                found = archive_file.extractfile(entry)
                return found.read() if found is not None else b""
    raise UnreadableError(name)


def _tar_entries(path: str) -> Iterator[tuple[tarfile.TarInfo | None, tarfile.TarFile]]:
    """The files of a tar, then None where more of it follows than is looked at."""
    passed = 0
    with Path(path).open("rb") as file, tarfile.open(fileobj=file, mode="r|*") as archive:
        for entry in archive:
            passed += entry.size
            if passed > MAX_UNPACKED:
                yield None, archive
                return
            if entry.isfile():
                yield entry, archive


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (BadZipFile, tarfile.TarError, EOFError, zlib.error, KeyError, ValueError, NotImplementedError) as error:
        raise UnreadableError(str(error)) from error
    except RuntimeError as error:  # an encrypted entry of a zip
        raise UnreadableError(str(error)) from error
