"""The source files of a package: named folders and modules, never the whole project."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from components.packaging.errors import PackageError

SKIPPED_FOLDERS: Final = ("__pycache__", ".git", ".venv", ".longrun", "node_modules", "tests")
SKIPPED_FILES: Final = ("*.pyc", "Pulumi.yaml", "Pulumi.*.yaml", ".DS_Store")
_ROOT_MARKS: Final = ("Pulumi.yaml", ".git", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file on this machine and its path in the package."""

    path: Path
    name: str


def source_files(sources: Sequence[Path], home: Path) -> list[SourceFile]:
    """Returns every file of the sources in a stable order; folders and modules keep their own names in the package.

    Raises PackageError for a source that does not exist, or that contains the project or the output folder.
    """
    for source in sources:
        _check_recursion(source, home)
    files = [file for source in sources for file in _files_of(source)]
    return sorted(files, key=lambda file: file.name)


def content_hash(files: Iterable[SourceFile]) -> str:
    """Names and contents in one SHA-256."""
    digest = hashlib.sha256()
    for file in files:
        content = file.path.read_bytes()
        digest.update(f"{file.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _check_recursion(source: Path, home: Path) -> None:
    if not source.exists():
        raise PackageError("PACKAGE_SOURCE", f"package source {source} does not exist; name a folder or a .py file")
    resolved = source.resolve()
    if home.resolve().is_relative_to(resolved):
        raise PackageError(
            "PACKAGE_SOURCE",
            f"package source {source} contains the output folder {home}, so the package would contain itself "
            "again and again; name the folders that belong in it, such as runtime/",
        )
    marks = [mark for mark in _ROOT_MARKS if (resolved / mark).exists()]
    if marks:
        raise PackageError(
            "PACKAGE_SOURCE",
            f"package source {source} is a project's root (it has {marks[0]}); name the folders that belong in the "
            "package, such as runtime/",
        )


def _files_of(source: Path) -> Iterator[SourceFile]:
    if source.is_file():
        yield SourceFile(source, source.name)
        return
    for folder, folders, files in os.walk(source):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        here = Path(folder)
        for name in [*folders, *files]:
            _check_link(here / name)
        for name in sorted(files):
            if not any(fnmatch(name, pattern) for pattern in SKIPPED_FILES):
                yield SourceFile(here / name, (Path(source.name) / (here / name).relative_to(source)).as_posix())


def _check_link(path: Path) -> None:
    if path.is_symlink():
        raise PackageError(
            "PACKAGE_SOURCE", f"package source {path} is a symbolic link; put the file itself there, or leave it out"
        )
