"""The files of an archive as Pulumi packs them: of a zip, a tar, a folder, or of assets that the program gathers.

All is read within limits; where one is reached, or where a part is not on this machine, the contents are partial: what
is in them is certain, what is missing is not.
"""

import os
import posixpath
import stat
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from policies.rules.assets import Asset, LocalPath, Members, Text
from policies.rules.lambda_function.functions.archive_files import (
    MAX_FILES,
    TAR,
    UnreadableError,
    is_archive,
    is_tar,
    listed,
    member,
)

_BOOKKEEPING: Final = ".pulumi"
"""The folder and file name that Pulumi leaves out."""

_CHUNK: Final = 1_000_000

_READ: Final[WeakKeyDictionary[Asset, "Contents | None"]] = WeakKeyDictionary()
"""A stack is read once, however many rules look into its packages."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file of the contents stands: a file of the disk, one `inside` an archive, or the text itself."""

    path: str = ""
    inside: str = ""
    text: str | None = None


@dataclass(slots=True)
class Contents:
    """`sizes` maps a file's path in the package to its unpacked bytes, `sources` says where it is read."""

    sizes: dict[str, int] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    partial: bool = False

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None where it cannot be read."""
        source = self.sources[name]
        if source.text is not None:
            return source.text.encode()
        try:
            return member(source.path, source.inside) if source.inside else Path(source.path).read_bytes()
        except (OSError, UnreadableError):
            return None

    def add(self, name: str, size: int, source: Source) -> None:
        if len(self.sizes) >= MAX_FILES:
            self.partial = True
            return
        self.sizes[name], self.sources[name] = size, source


def problem(asset: Asset | None) -> tuple[LocalPath, str] | None:
    """The first part of an asset that Pulumi cannot pack, and what is wrong with it."""
    if isinstance(asset, Members):
        found = (problem(part) for _, part in sorted(asset.members.items()))
        return next((each for each in found if each is not None), None)
    if not isinstance(asset, LocalPath):
        return None
    wrong = _wrong(asset)
    return None if wrong is None else (asset, wrong)


def contents_of(asset: Asset) -> Contents | None:
    """None for what is no archive, and for one that cannot be read."""
    if asset not in _READ:
        contents = Contents()
        try:
            _add(contents, "", asset)
            _READ[asset] = contents
        except (OSError, ValueError, UnreadableError):  # ValueError: a path with a null byte in it
            _READ[asset] = None
    return _READ[asset]


def single_zip(asset: Asset) -> int | None:
    """The bytes of a zip that is sent as it is; None for what Pulumi packs first."""
    if not isinstance(asset, LocalPath) or is_tar(asset.path):
        return None
    try:
        state = Path(asset.path).stat()
    except (OSError, ValueError):
        return None
    return state.st_size if stat.S_ISREG(state.st_mode) else None


def packed_sizes(contents: Contents) -> Iterator[int]:
    """About what each file adds to a zip, one after the other. An archive inside the contents counts as it is."""
    archives = set()
    for name, source in contents.sources.items():
        if not source.inside:
            yield len(zlib.compress(contents.read(name) or b"", wbits=-zlib.MAX_WBITS))
        elif source.path not in archives:
            archives.add(source.path)
            yield _compressed(source.path) if source.path.endswith(TAR) else Path(source.path).stat().st_size


def _compressed(path: str) -> int:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    with Path(path).open("rb") as file:
        sizes = [len(packer.compress(chunk)) for chunk in iter(lambda: file.read(_CHUNK), b"")]
    return sum(sizes) + len(packer.flush())


def _wrong(asset: LocalPath) -> str | None:
    try:
        mode = Path(asset.path).stat().st_mode
    except (OSError, ValueError):
        return "is not there"
    if not asset.archive:
        return "is a folder, which only an archive can hold" if stat.S_ISDIR(mode) else None
    if stat.S_ISDIR(mode):
        return "is a link to a folder, of which Pulumi packs nothing" if _is_link(asset.path) else None
    if not is_archive(asset.path):
        return "is neither a folder nor a .zip, .jar, .tar, .tgz or .tar.gz"
    try:
        _entries(asset.path)
    except (OSError, UnreadableError):
        return "is no archive that can be read"
    return None


def _add(contents: Contents, folder: str, asset: Asset | None) -> None:
    match asset:
        case None:
            contents.partial = True
        case Text():
            contents.add(folder, len(asset.text.encode()), Source(text=asset.text))
        case Members():
            for name, part in sorted(asset.members.items()):
                _add(contents, _joined(folder, name), part)
        case LocalPath(archive=False) if folder:
            contents.add(folder, Path(asset.path).stat().st_size, Source(asset.path))
        case _:
            _add_archive(contents, folder, asset)


def _add_archive(contents: Contents, folder: str, archive: LocalPath) -> None:
    if archive.archive and Path(archive.path).is_dir():
        for path, name in _walked(archive.path):
            contents.add(_joined(folder, name), Path(path).stat().st_size, Source(path))
            if contents.partial:
                return
    elif is_archive(archive.path) if archive.archive else not is_tar(archive.path):
        sizes, partial = _entries(archive.path)
        for name, size in sizes.items():
            contents.add(_joined(folder, name), size, Source(archive.path, name))
        contents.partial |= partial
    else:
        raise UnreadableError(archive.path)


def _joined(folder: str, name: str) -> str:
    """As Pulumi joins them; a leading `./` means nothing to Lambda."""
    return posixpath.normpath(posixpath.join("/", folder, name)).lstrip("/")


def _walked(root: str) -> Iterator[tuple[str, str]]:
    """Every file of a folder with its path in it. Like Pulumi it follows a link to a file, and passes over a link to a
    folder."""
    if _is_link(root):
        raise UnreadableError(root)
    for folder, folders, files in os.walk(root, onerror=_fail):
        folders[:] = sorted(name for name in folders if name != _BOOKKEEPING)
        for name in sorted(files):
            if name != _BOOKKEEPING:
                path = os.path.join(folder, name)  # noqa: PTH118  for speed: thousands of files
                yield path, os.path.relpath(path, root).replace(os.sep, "/")


def _is_link(path: str) -> bool:
    """Of `folder/` it is asked what the link leads to, which pathlib would not do."""
    return os.path.islink(path)  # noqa: PTH114


def _fail(error: OSError) -> None:
    raise error


def _entries(path: str) -> tuple[Mapping[str, int], bool]:
    state = Path(path).stat()
    if not stat.S_ISREG(state.st_mode):
        raise UnreadableError(path)
    return _listed(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=32)
def _listed(path: str, _size: int, _changed: int) -> tuple[Mapping[str, int], bool]:
    """Size and time of change are part of the key: a package that is built again is read again."""
    return listed(path)
