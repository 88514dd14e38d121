"""Lets a process write only where it could on AWS: Python's audit hook raises the error of a read-only file system.

Standard library only, because functions and agents load it by its path in their interpreters. It sees what Python code
opens, creates, removes, renames or changes; it does not see what libraries in C and child processes do by themselves.
Packages are therefore compared with their recorded state before they are used again.
"""

import errno
import os
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_CHANGES = os.O_WRONLY | os.O_RDWR | os.O_TRUNC
_TEMPORARY_FILE = getattr(os, "O_TMPFILE", 0)
_NO_FOLDER = -1

_WRITABLE_ON_LAMBDA = ("/tmp", "/dev", "/proc")  # noqa: S108  these are the paths on AWS
_PYTHON = (sys.prefix, sys.base_prefix)


def make_read_only_as_on_lambda(folder: str) -> None:
    """Lets this process write to /tmp and to its temporary folder only. `folder` is the package's."""
    repository = str(Path(__file__).resolve().parents[1])
    roots = dict.fromkeys(_WRITABLE_ON_LAMBDA, True) | dict.fromkeys((folder, repository, *_PYTHON), False)
    roots |= _temporary_folder()
    ReadOnly(roots, elsewhere=False, reason="on AWS Lambda, code can write to /tmp only").install()


def make_package_read_only(folder: str) -> None:
    """Keeps this process from writing to the package in `folder`, and to its Python. AgentCore does not document which
    other paths are read-only, so all others can be written to."""
    roots = dict.fromkeys((folder, *_PYTHON), False) | _temporary_folder()
    ReadOnly(roots, elsewhere=True, reason="an agent's code must not change its package; write to /tmp").install()


def _temporary_folder() -> dict[str, bool]:
    folder = os.environ.get("TMPDIR")
    return {folder: True} if folder else {}


class ReadOnly:
    """`roots` states for folders whether they are writable; of several that contain a path the deepest counts.
    `elsewhere` states it for all other paths. `reason` is added to the error's text."""

    def __init__(self, roots: Mapping[str, bool], *, elsewhere: bool, reason: str) -> None:
        found = {Path(root).resolve(): writable for root, writable in roots.items()}
        self._roots = dict(sorted(found.items(), key=lambda root: len(root[0].parts), reverse=True))
        self._elsewhere = elsewhere
        self._text = f"{os.strerror(errno.EROFS)} ({reason})"
        self._checks: dict[str, Callable[..., None]] = {
            "open": self._open,
            "os.mkdir": lambda path, _mode, folder: self._create(path, folder),
            "os.symlink": lambda _source, path, folder: self._create(path, folder),
            "os.link": lambda _source, path, _from, folder: self._create(path, folder),
            "os.remove": self._remove,
            "os.rmdir": self._remove,
            "os.rename": self._rename,
            "os.truncate": lambda path, _length: self._change(path),
            "os.chmod": lambda path, _mode, folder: self._change(path, folder),
            "os.chown": lambda path, _user, _group, folder: self._change(path, folder),
            "os.utime": lambda path, _times, _ns, folder: self._change(path, folder),
            "os.setxattr": lambda path, *_: self._change(path),
            "os.removexattr": lambda path, *_: self._change(path),
            "sqlite3.connect": self._connect,
        }

    def install(self) -> None:
        """Begins, for the rest of this process's life and that of its forked children."""
        find = self._checks.get

        # Python calls it for many events that are no concern of ours, such as each `id`, so it must be fast.
        def audit(event: str, arguments: tuple[Any, ...]) -> None:
            check = find(event)
            if check is not None:
                check(*arguments)

        sys.addaudithook(audit)
        # Otherwise each import would try to write bytecode.
        sys.dont_write_bytecode = True

    def _open(self, path: object, _mode: object, flags: int) -> None:
        """Denies what would change something; an open that fails for another reason on AWS too is left to fail."""
        if not flags & (_CHANGES | os.O_CREAT):
            return
        found = _located(path, _NO_FOLDER, follow=True)
        if found is None or self._is_writable(found):
            return
        try:
            mode = found.stat().st_mode
        except OSError:
            if flags & os.O_CREAT and found.parent.is_dir():
                self._deny(path)
            return
        exists_already = flags & os.O_CREAT and flags & os.O_EXCL
        is_temporary = bool(_TEMPORARY_FILE) and flags & _TEMPORARY_FILE == _TEMPORARY_FILE
        if is_temporary or (stat.S_ISREG(mode) and flags & _CHANGES and not exists_already):
            self._deny(path)

    def _create(self, path: object, folder: int = _NO_FOLDER) -> None:
        found = _located(path, folder, follow=False)
        if found is None or os.path.lexists(found) or not found.parent.is_dir():
            return
        if not self._is_writable(found):
            self._deny(path)

    def _change(self, path: object, folder: int = _NO_FOLDER, *, follow: bool = True) -> None:
        found = _located(path, folder, follow=follow)
        if found is not None and os.path.lexists(found) and not self._is_writable(found):
            self._deny(path)

    def _remove(self, path: object, folder: int) -> None:
        self._change(path, folder, follow=False)

    def _rename(self, source: object, path: object, source_folder: int, folder: int) -> None:
        self._change(source, source_folder, follow=False)
        found = _located(path, folder, follow=False)
        if found is not None and not self._is_writable(found):
            origin = _located(source, source_folder, follow=False)
            if origin is not None and os.path.lexists(origin):
                self._deny(path)

    def _connect(self, database: object) -> None:
        """SQLite creates the file itself, and reports an error of its own."""
        is_file = isinstance(database, (str, bytes, os.PathLike)) and database not in ("", b"", ":memory:")
        if not is_file or os.fsdecode(database).startswith("file:"):  # type: ignore[arg-type]
            return
        try:
            self._create(database)
        except OSError as error:
            raise sys.modules["sqlite3"].OperationalError(f"unable to open database file: {error}") from error

    def _is_writable(self, path: Path) -> bool:
        roots = (writable for root, writable in self._roots.items() if path.is_relative_to(root))
        return next(roots, self._elsewhere)

    def _deny(self, path: object) -> None:
        raise OSError(errno.EROFS, self._text, path)


def _located(path: object, folder: int, *, follow: bool) -> Path | None:
    """The absolute path without symbolic links, of the entry itself or of what it refers to; None for a file that is
    open already, and where it cannot be told."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        return None
    try:
        name = Path(os.fsdecode(path))
        if folder != _NO_FOLDER and not name.is_absolute():
            name = Path(f"/proc/self/fd/{folder}").readlink() / name
        return name.resolve() if follow else name.parent.resolve() / name.name
    except (OSError, RuntimeError, ValueError):
        return None
