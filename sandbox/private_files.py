"""Folders and files that other users of this machine can neither read nor change, whatever the umask is."""

import os
import stat
from pathlib import Path
from typing import IO, Final

UMASK: Final = 0o077
"""For processes all of whose files are private."""

_FOLDER: Final = 0o700
_FILE: Final = 0o600


def make_private(folder: Path) -> None:
    """Creates the folder with its parents, or takes the access of others from an existing one. Raises OSError:
    PermissionError if it belongs to another user, who could exchange its files."""
    folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    found = folder.stat()
    if found.st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to another user")
    if stat.S_IMODE(found.st_mode) != _FOLDER:
        folder.chmod(_FOLDER)


def open_private(path: Path, *, append: bool = False) -> IO[str]:
    """Opens a text file to write and read, empty unless `append`; only its owner can read it."""
    return os.fdopen(_descriptor(path, 0 if append else os.O_TRUNC), "r+")


def open_private_log(path: Path, *, append: bool = False) -> IO[bytes]:
    """Opens a log file for the output of a process, empty unless `append`; only its owner can read it."""
    return os.fdopen(_descriptor(path, os.O_APPEND if append else os.O_TRUNC), "wb")


def _descriptor(path: Path, flags: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | flags, _FILE)
    os.fchmod(descriptor, _FILE)  # one that exists may have another mode
    return descriptor
