"""The source files of a package: named folders and modules, never the whole project."""

import hashlib
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from components.packaging.errors import PackageError
from components.packaging.exclusions import (
    FILES,
    FOLDERS,
    SENSITIVE,
    SENSITIVE_FILES,
    SENSITIVE_FOLDERS,
    TESTS,
    is_in_tests,
    is_left_out_file,
    is_left_out_folder,
    is_secret,
    names_tests,
)

TESTS_REASON: Final = "tests that no other file of the sources imports or names"
_ROOT_MARKS: Final = ("Pulumi.yaml", ".git", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file on this machine and its path in the package."""

    path: Path
    name: str

    @property
    def mode(self) -> int:
        """0755 for a file that its owner may execute, 0644 for any other."""
        return 0o755 if self.path.stat().st_mode & stat.S_IXUSR else 0o644


@dataclass(frozen=True, slots=True)
class Sources:
    """The files that go into the package, in a stable order, and the reasons why others do not, by their paths in the
    package."""

    files: list[SourceFile]
    left_out: dict[str, str]

    @property
    def skipped(self) -> list[str]:
        """The patterns of the names that were left out."""
        tests = [] if any(is_in_tests(file.name) for file in self.files) else [TESTS]
        return [*FOLDERS, *tests, *FILES, *SENSITIVE_FOLDERS, *SENSITIVE_FILES]


def source_files(sources: Sequence[Path], home: Path, modules: Sequence[str] = ()) -> Sources:
    """Returns the files of the sources; folders and modules keep their own names in the package.

    Files of secrets are left out, and the folders `tests` that no other file imports from or names and that have none
    of the `modules`, which are dotted names. Raises PackageError for a source that does not exist or is a secret, and
    for one that contains the project or the output folder.
    """
    for source in sources:
        _check_recursion(source, home)
    found = sorted((file for source in sources for file in _files_of(source)), key=lambda file: file.name)
    secret = {file.name for file in found if is_secret(file.path)}
    files = [file for file in found if file.name not in secret]
    unused = _unused_tests(files, {module.replace(".", "/") for module in modules})
    left_out = dict.fromkeys(sorted(secret), SENSITIVE)
    left_out |= dict.fromkeys(sorted({_tests_folder(name) for name in unused}), TESTS_REASON)
    return Sources([file for file in files if file.name not in unused], left_out)


def content_hash(files: Iterable[SourceFile]) -> str:
    """Names, permissions and contents in one SHA-256."""
    digest = hashlib.sha256()
    for file in files:
        content = file.path.read_bytes()
        digest.update(f"{file.name}\0{file.mode:o}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _check_recursion(source: Path, home: Path) -> None:
    if not source.exists():
        raise PackageError("PACKAGE_SOURCE", f"package source {source} does not exist; name a folder or a .py file")
    if source.is_file() and is_secret(source):
        raise PackageError("PACKAGE_SOURCE", f"package source {source} is one of the {SENSITIVE}")
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
        here = Path(folder)
        folders[:] = sorted(name for name in folders if not is_left_out_folder(here / name))
        kept = [name for name in sorted(files) if not is_left_out_file(here / name)]
        for name in [*folders, *kept]:
            _check_link(here / name)
        for name in kept:
            yield SourceFile(here / name, (Path(source.name) / (here / name).relative_to(source)).as_posix())


def _check_link(path: Path) -> None:
    # A link to a secret is left out like the secret.
    if path.is_symlink() and (path.is_dir() or not is_secret(path)):
        raise PackageError(
            "PACKAGE_SOURCE", f"package source {path} is a symbolic link; put the file itself there, or leave it out"
        )


def _unused_tests(files: Sequence[SourceFile], modules: Collection[str]) -> frozenset[str]:
    """The names of the files in folders `tests` that have none of the modules, empty if other code uses any."""
    inside = frozenset(
        file.name
        for file in files
        if is_in_tests(file.name)
        and not any(PurePosixPath(module).is_relative_to(_tests_folder(file.name)) for module in modules)
    )
    if inside and any(names_tests(file.path) for file in files if file.name not in inside):
        return frozenset()
    return inside


def _tests_folder(name: str) -> str:
    parts = name.split("/")
    return "/".join(parts[: parts.index(TESTS, 1) + 1])
