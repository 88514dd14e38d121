"""A function's zip as it stands on this machine: its size, its files, and the manifest that its builder left beside it.

Nothing here is known of a package that is built elsewhere: the rules skip it.
"""

import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

from policies.rules.references import refers
from policies.rules.rule import Resource, Stack
from policies.rules.values import lookup, text

MANIFEST: Final = "manifest.json"
CODE: Final = "code"
LARGEST_SOURCE: Final = 1_000_000
"""Bytes of a file that is looked into: bundles are larger."""

OBJECTS: Final = ("aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject")


@dataclass(frozen=True, slots=True)
class Package:
    """`sizes` maps a file's path in the zip to its unpacked bytes; `property` is where the function names the zip."""

    path: Path
    property: str
    zip_bytes: int
    sizes: Mapping[str, int]

    def manifest(self) -> Mapping[str, object]:
        """What the builder wrote beside the zip (see components.packaging), empty where it did not."""
        try:
            found = json.loads((self.path.parent / MANIFEST).read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) and found.get("zip_bytes") == self.zip_bytes else {}

    def text(self, name: str) -> str | None:
        """A file of the zip; None where it is no text, is too large to be looked into, or cannot be read."""
        if self.sizes.get(name, 0) > LARGEST_SOURCE:
            return None
        try:
            with ZipFile(self.path) as archive:
                return archive.read(name).decode()
        except (OSError, KeyError, BadZipFile, ValueError, NotImplementedError):
            return None


def package_of(stack: Stack, function: Resource) -> Package | None:
    """The function's zip, given in the call or through an object of the stack; None where no zip can be read."""
    if CODE in function.files:
        return _read(function.files[CODE], CODE)
    key = lookup(function.properties, "s3Key")
    stored = [found for kind in OBJECTS for found in stack.of_type(kind)]
    answers = [key == text(found.properties, "key") or refers(function, "s3Key", key, found) for found in stored]
    named = [found for found, answer in zip(stored, answers, strict=True) if answer]
    if key is None or None in answers or len(named) != 1:
        return None
    return _read(named[0].files["source"], "s3Key") if "source" in named[0].files else None


def direct_upload(function: Resource) -> Package | None:
    """The zip that is sent in the call itself."""
    return _read(function.files[CODE], CODE) if CODE in function.files else None


def _read(path: str, prop: str) -> Package | None:
    file = Path(path)
    try:
        state = file.stat()
        sizes = _sizes(file, state.st_size, state.st_mtime_ns) if stat.S_ISREG(state.st_mode) else None
    except (OSError, ValueError):  # ValueError: no path at all, with a null byte in it
        return None
    return None if sizes is None else Package(file, prop, state.st_size, sizes)


@lru_cache(maxsize=32)
def _sizes(file: Path, _size: int, _changed: int) -> Mapping[str, int] | None:
    """Size and time of change are part of the key: a package that is built again is read again."""
    try:
        with ZipFile(file) as archive:
            return {entry.filename: entry.file_size for entry in archive.infolist() if not entry.is_dir()}
    except (BadZipFile, ValueError):
        return None
