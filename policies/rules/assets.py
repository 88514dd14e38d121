"""Assets and archives as values of properties: what Pulumi would pack, without reading it.

Each is equal to itself alone, so that what is read of it can be kept as long as it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from policies.rules.values import OUTPUT_SIGNATURE, SECRET_SIGNATURE, SIGNATURE, UNKNOWN_SENTINELS

ASSET_SIGNATURE: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE_SIGNATURE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
"""The engine's marks of an asset and of an archive."""

_EMPTY: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The hash by which the engine marks an asset of an empty text, which it sends without the text."""

_DEEPEST: Final = 50
"""Archives inside each other, at most; what is deeper is not known."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class LocalPath:
    """A file or folder on this machine; the path is absolute, and `given` is what the program wrote."""

    path: str
    given: str
    archive: bool


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Text:
    """A file whose content the program gives."""

    text: str


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Members:
    """An archive of assets and archives by their path in it; None for one that cannot be read here."""

    members: Mapping[str, "Asset | None"]


Asset = LocalPath | Text | Members
Locate = Callable[[str], str | None]
"""Returns the absolute path of what a program names, or None where that is not known."""


def assets(properties: Mapping[str, object], locate: Locate) -> dict[str, Asset]:
    """The properties that are assets or archives, from values as on the wire. One that is remote, unknown or somewhere
    else than on this machine is left out."""
    found = {name: _asset(value, locate, _DEEPEST) for name, value in properties.items()}
    return {name: asset for name, asset in found.items() if asset is not None}


def _asset(value: object, locate: Locate, depth: int) -> Asset | None:
    if not isinstance(value, Mapping) or depth == 0:
        return None
    match value.get(SIGNATURE):
        case signature if signature in (SECRET_SIGNATURE, OUTPUT_SIGNATURE):
            return _asset(value.get("value"), locate, depth - 1)
        case signature if signature not in (ASSET_SIGNATURE, ARCHIVE_SIGNATURE) or value.get("uri"):
            return None
        case signature if value.get("path"):
            return _local(value["path"], locate, signature == ARCHIVE_SIGNATURE)
        case signature if signature == ASSET_SIGNATURE:
            return _text(value)
    members = value.get("assets") or {}
    known = members.items() if isinstance(members, Mapping) else ()
    return Members({str(name): _asset(member, locate, depth - 1) for name, member in known})


def _local(path: object, locate: Locate, archive: bool) -> LocalPath | None:
    place = locate(path) if isinstance(path, str) and path not in UNKNOWN_SENTINELS else None
    return None if place is None else LocalPath(place, str(path), archive)


def _text(value: Mapping[str, object]) -> Text | None:
    text = value.get("text", "" if value.get("hash") in (None, "", _EMPTY) else None)
    return Text(text) if isinstance(text, str) and text not in UNKNOWN_SENTINELS else None
