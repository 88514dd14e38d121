"""A function's package as it stands on this machine: its size, its files, and the manifest that its builder left
beside it.

Nothing here is known of a package that is built elsewhere: the rules skip it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from policies.rules.assets import Asset, LocalPath
from policies.rules.aws_limits import LAMBDA_UNZIPPED
from policies.rules.lambda_function.functions.contents import Contents, contents_of, packed_sizes, single_zip
from policies.rules.references import refers
from policies.rules.rule import Resource, Stack
from policies.rules.values import lookup, text

MANIFEST: Final = "manifest.json"
CODE: Final = "code"
SOURCE: Final = "source"
LARGEST_SOURCE: Final = 1_000_000
"""Bytes of a file that is looked into: bundles are larger."""

OBJECTS: Final = ("aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject")
_COMPILED: Final = re.compile(r"\.cpython-3(?P<minor>\d+)-(?P<cpu>x86_64|aarch64)-linux-gnu\.so$")
_ARCHITECTURES: Final[Mapping[str, str]] = {"x86_64": "x86_64", "aarch64": "arm64"}

_OF_ANOTHER_PACKER: Final = 0.95
"""Pulumi's packer and this one differ in what they make of a file, by some per cent."""


@dataclass(frozen=True, slots=True)
class Package:
    """`property` is where the function names the package, `zip_bytes` the size of its zip where there is one already:
    Pulumi packs the rest itself. `sizes` maps a file's path in it to its unpacked bytes."""

    asset: Asset
    property: str
    zip_bytes: int | None
    sizes: Mapping[str, int]
    contents: Contents

    def architecture(self) -> str | None:
        """Returns the CPU that the package was built for; None where nothing tells."""
        named = self.manifest().get("architecture")
        if isinstance(named, str):
            return named
        found = {_ARCHITECTURES[match["cpu"]] for match in self._compiled()}
        return found.pop() if len(found) == 1 else None

    def python_version(self) -> str | None:
        """Returns the version of Python that the package was built for, such as 3.13; None where nothing tells."""
        named = self.manifest().get("python_version")
        if isinstance(named, str):
            return named
        found = {f"3.{match['minor']}" for match in self._compiled()}
        return found.pop() if len(found) == 1 else None

    def text(self, name: str) -> str | None:
        """A file of the package; None where it is no text, is too large to be looked into, or cannot be read."""
        if self.sizes.get(name, LARGEST_SOURCE + 1) > LARGEST_SOURCE:
            return None
        found = self.contents.read(name)
        try:
            return None if found is None else found.decode()
        except ValueError:
            return None

    def packed_bytes(self, most: int) -> int:
        """Returns the size of the zip that is sent. Where Pulumi packs it, that is an estimate, whose error is on the
        small side, and the count ends once it is over `most`."""
        if self.zip_bytes is not None:
            return self.zip_bytes
        # What is larger when it is unpacked has a rule of its own.
        if not most < sum(self.sizes.values()) <= LAMBDA_UNZIPPED.maximum:
            return 0
        packed = 0.0
        for size in packed_sizes(self.contents):
            packed += size * _OF_ANOTHER_PACKER
            if packed > most:
                break
        return int(packed)

    def manifest(self) -> Mapping[str, object]:
        """What the builder wrote beside the zip (see components.packaging), empty where it did not."""
        if not isinstance(self.asset, LocalPath) or self.zip_bytes is None:
            return {}
        try:
            found = json.loads((Path(self.asset.path).parent / MANIFEST).read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) and found.get("zip_bytes") == self.zip_bytes else {}

    def _compiled(self) -> list[re.Match[str]]:
        """The names of the extension modules that say what they were compiled for."""
        return [match for match in map(_COMPILED.search, self.sizes) if match is not None]


def package_of(stack: Stack, function: Resource) -> Package | None:
    """The function's package, given in the call or through an object of the stack; None where it cannot be read."""
    if CODE in function.assets:
        return direct_upload(function)
    stored = _stored(stack, function)
    return _package(stored.assets[SOURCE], "s3Key") if stored is not None and SOURCE in stored.assets else None


def _stored(stack: Stack, function: Resource) -> Resource | None:
    """The one object that the function is made from; None where it is not known."""
    key, bucket = (lookup(function.properties, prop) for prop in ("s3Key", "s3Bucket"))
    objects = [found for kind in OBJECTS for found in stack.of_type(kind)]
    # What the program says decides: functions with the same dependencies have the same key in a bucket each.
    named = [found for found in objects if found.urn in function.dependencies.get("s3Key", ())]
    if key is not None and not named:
        answers = [(found, _is_at(found, function, key, bucket)) for found in objects]
        if None in [answer for _, answer in answers]:
            return None
        named = [found for found, answer in answers if answer]
    return named[0] if key is not None and len(named) == 1 else None


def _is_at(stored: Resource, function: Resource, key: object, bucket: object) -> bool | None:
    other = lookup(stored.properties, "bucket")
    if isinstance(bucket, str) and isinstance(other, str) and bucket != other:
        return False
    return key == text(stored.properties, "key") or refers(function, "s3Key", key, stored)


def direct_upload(function: Resource) -> Package | None:
    """The package that is sent in the call itself."""
    return _package(function.assets[CODE], CODE) if CODE in function.assets else None


def _package(asset: Asset, prop: str) -> Package | None:
    contents = contents_of(asset)
    return None if contents is None else Package(asset, prop, single_zip(asset), contents.sizes, contents)
