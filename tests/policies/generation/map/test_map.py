"""The committed map: whole, small, the same bytes for the same content, and true to the SDK and to its overlay."""

import gzip
import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pulumi_aws
import pytest

from policies.cloudformation.mapping import HERE, LEFT_OUT, MAP, PARTIAL, resource_map
from policies.generation.map.names import plain, singular
from policies.generation.map.overlay import Property, TypeOverlay, read_overlay

OVERLAY = read_overlay()
BYTES = 300_000


def entries() -> Iterator[tuple[str, str, str]]:
    """Every property of the map that has a place: its type, its wire name, its path."""
    for token, row in resource_map().types.items():
        for shape in row.shapes:
            for wire, entry in shape.items():
                text = entry if isinstance(entry, str) else entry[0]
                if text != LEFT_OUT and (path := text.partition(":")[0]) != HERE:
                    yield token, wire, path


def test_map_is_small_and_says_nothing_of_the_hour_it_was_written() -> None:
    content = MAP.read_bytes()

    assert len(content) < BYTES
    assert content[4:8] == bytes(4), "the time in the header of gzip"
    document = json.loads(gzip.decompress(content))
    assert list(document["types"]) == sorted(document["types"])


def test_map_is_of_the_installed_sdk() -> None:
    assert resource_map().sdk == version("pulumi-aws"), "run make map, and review what has changed"


def test_every_type_is_in_the_sdk() -> None:
    registered = re.findall(r'"(aws:[^"]+)":', Path(pulumi_aws.__file__).read_text())

    assert len(resource_map().types) >= 900
    assert resource_map().types.keys() <= set(registered)


def test_every_entry_can_be_read() -> None:
    table = resource_map()

    for token, row in table.types.items():
        for index in range(len(row.shapes)):
            for place in table.shape(token, index).values():
                assert place is None or place.shape is None or place.shape < len(row.shapes), token


def test_no_property_is_matched_by_the_end_of_its_name_alone() -> None:
    found = [
        f"{token}: {wire} for {path}"
        for token, wire, path in entries()
        if is_longer(plain(path.rpartition("/")[2]), plain(wire))
        and wire not in OVERLAY.synonyms
        and not is_reviewed(OVERLAY.types.get(token, TypeOverlay()), wire)
    ]

    assert not found


def is_longer(name: str, wire: str) -> bool:
    return name != wire and name.startswith(wire) and singular(name) != singular(wire)


def is_reviewed(reviewed: TypeOverlay, wire: str) -> bool:
    return any(plain(name.rpartition(".")[2]) == plain(wire) for name in reviewed.properties)


def test_everything_in_the_overlay_is_in_the_map() -> None:
    table = resource_map()

    for token, reviewed in OVERLAY.types.items():
        if reviewed.type == "":
            assert token not in table.types
            continue
        assert table.types[token].type == reviewed.type
        assert (table.types[token].of, table.types[token].at) == (reviewed.of, reviewed.at)
        for name, given in reviewed.properties.items():
            assert place_of(token, name) == given.path, f"{token}: {name}"
        for name in reviewed.ignore:
            assert place_of(token, name) == LEFT_OUT, f"{token}: {name}"


def place_of(token: str, name: str) -> str:
    """The path that the map has for a dotted Pulumi path, from where its parent is."""
    shapes = resource_map().types[token].shapes
    shape, text = shapes[0], ""
    for step in name.split("."):
        entry: Any = shape[step]
        text = entry if isinstance(entry, str) else entry[0]
        if found := re.search(r":[lm]?o(\d+)", text):
            shape = shapes[int(found[1])]
    return text.partition(":")[0]


def test_parts_belong_to_types_that_are_there() -> None:
    rows = resource_map().types.values()
    whole = {row.type for row in rows if not row.of}

    assert {row.type for row in rows if row.of} <= whole


def test_shape_that_lacks_what_cloudformation_requires_says_so() -> None:
    assert PARTIAL in resource_map().shape("aws:lambda/layerVersionPermission:LayerVersionPermission")
    assert PARTIAL not in resource_map().shape("aws:lambda/function:Function")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Name", Property(path="Name")),
        ({"path": "State", "values": {"true": "ENABLED"}}, Property(path="State", values={"true": "ENABLED"})),
    ],
)
def test_overlay_takes_a_path_or_a_table(given: Any, expected: Property) -> None:  # noqa: ANN401  as TOML gives it
    assert Property.read(given) == expected
