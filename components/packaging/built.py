"""A built package on the disk, and its manifest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from components.packaging.cache import MANIFEST
from components.refs import CodeRef

MANIFEST_VERSION: Final = "3"
"""Increase it when the fields of Manifest or the content of its folder change: it is part of the folder's name, so
older ones are not read."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of a package and how it was built. Sizes are in bytes."""

    name: str
    python_version: str
    architecture: str
    system: str
    builder: int
    sources: list[str]
    skipped: list[str]
    preinstalled: list[str]
    dependencies: dict[str, str]
    left_out: dict[str, str]
    bytecode: bool
    remarks: list[str]
    zip_sha256: str
    zip_bytes: int
    unzipped_bytes: int
    largest: dict[str, int]


@dataclass(frozen=True, slots=True)
class BuiltPackage:
    """`zip_path` is the deployed zip, `tree` the same content unpacked."""

    folder: Path
    manifest: Manifest

    @property
    def zip_path(self) -> Path:
        return self.folder / "package.zip"

    @property
    def tree(self) -> Path:
        return self.folder / "tree"

    @property
    def ref(self) -> CodeRef:
        """The package, for a component that runs it."""
        made = self.manifest
        return {
            "path": str(self.zip_path),
            "runtime": f"python{made.python_version}",
            "architecture": made.architecture,
            "tree": str(self.tree),
        }

    @classmethod
    def load(cls, folder: Path) -> "BuiltPackage":
        return cls(folder, Manifest(**read_manifest(folder)))


def read_manifest(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    return manifest


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
