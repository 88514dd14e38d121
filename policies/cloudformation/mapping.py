"""The map as it is used: which CloudFormation type and path a Pulumi property is. Generated; see generate.py.

A map file is JSON in gzip: {"sdk", "schemas", "types": {token: row}}. A row is [CloudFormation type, properties,
constraints by keyword, shapes], for a sub-resource [..., of, at]. A shape is {wire name: entry}, the first one the
resource's own. An entry is "-" for a property that is left out on purpose, or `path:code`, or [`path:code`, changes].
A shape with the name `!` does not reach all that CloudFormation requires there.

path    from the location of the shape, steps separated by `/`; a step `Name[]` appends to the list Name,
        and `.` is that location itself: the object's members stand beside it.
code    containers l (list) and m (map), then s text, i integer, n number, b bool, a anything, j a JSON document,
        p, w, t a map that is a list of Key/Value, Name/Value, TagKey/TagValue, or oN an object of shape N;
        then `?` where only certain texts are allowed, and where CloudFormation requires a value `!`, or `~` if
        Pulumi does without: its provider makes one; and `@` with the resources that it may hold: types, with what
        GetAtt takes after a point or nothing for Ref.
changes `unset` values that mean nothing is set, `values` a table of values, `scale` a factor, `item` what stands in
        the list with "$" for the value, `constant` what stands there whatever the value is.
"""

import gzip
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

MAP: Final = Path(__file__).with_name("map.json.gz")
ENTRY: Final = re.compile(r"([^:]+):([lm]?)([sinbajpwt]|o\d+)(\??)([!~]?)(?:@(.+))?")
LEFT_OUT: Final = "-"
HERE: Final = "."
PARTIAL: Final = "!"
PAIRS: Final = {"p": ("Key", "Value"), "w": ("Name", "Value"), "t": ("TagKey", "TagValue")}


@dataclass(frozen=True, slots=True)
class PropertyPath:
    """Where a property belongs in CloudFormation and how its value is written: see the module. `closed` means that only
    certain texts are allowed, `provided` that the provider makes a value that CloudFormation requires;
    `holds` maps the CloudFormation types that may be named there to the attribute, "" for Ref."""

    path: tuple[str, ...]
    container: str
    leaf: str
    shape: int | None
    closed: bool
    required: bool
    provided: bool
    holds: Mapping[str, str]
    changes: Mapping[str, Any] = field(default_factory=dict)


Shape = Mapping[str, PropertyPath | None]
"""The places of an object's properties by their wire names; None for one that is left out on purpose."""


@dataclass(frozen=True, slots=True)
class MappedType:
    """A Pulumi type in CloudFormation. A sub-resource has `of`, the input that names the resource it belongs to, and
    `at`, its location there. `properties` counts the mapped paths, `constraints` the keywords of their schema."""

    type: str
    properties: int
    constraints: Mapping[str, int]
    shapes: Sequence[Mapping[str, str | list[Any]]]
    of: str = ""
    at: str = ""


class ResourceMap:
    """The map of one file. A shape is read when it is first asked for."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.sdk: str = document["sdk"]
        self.schemas: str = document["schemas"]
        self.types: Mapping[str, MappedType] = {token: MappedType(*row) for token, row in document["types"].items()}
        self._read: dict[tuple[str, int], Shape] = {}

    def shape(self, token: str, index: int = 0) -> Shape:
        """One of the shapes of a type; the first is the resource's own."""
        known = (token, index)
        if known not in self._read:
            entries = self.types[token].shapes[index]
            self._read[known] = {name: _property_path(given) for name, given in entries.items()}
        return self._read[known]


def _property_path(given: str | list[Any]) -> PropertyPath | None:
    if given == LEFT_OUT:
        return None
    text, changes = (given, {}) if isinstance(given, str) else given
    found = ENTRY.fullmatch(text)
    if found is None:
        raise ValueError(f"{MAP.name} has {text}, which is no entry of the map; run make map")
    path, container, leaf, closed, required, held = found.groups()
    holds = dict(one.partition(".")[::2] for one in held.split(",")) if held else {}
    shape = int(leaf[1:]) if leaf[0] == "o" else None
    return PropertyPath(
        path=tuple(path.split("/")),
        container=container,
        leaf=leaf[0],
        shape=shape,
        closed=bool(closed),
        required=bool(required),
        provided=required == "~",
        holds=holds,
        changes=changes,
    )


@cache
def resource_map() -> ResourceMap:
    """The committed map, read once."""
    return ResourceMap(json.loads(gzip.decompress(MAP.read_bytes())))
