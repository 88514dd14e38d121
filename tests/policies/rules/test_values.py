"""Property values as the rules see them."""

import pulumi
import pytest

from policies.rules.values import UNKNOWN, UNKNOWN_SENTINELS, format_number, lookup, mapping, plain, text, texts


@pytest.mark.parametrize("sentinel", sorted(UNKNOWN_SENTINELS))
def test_every_sentinel_is_unknown(sentinel: str) -> None:
    assert plain({"a": [sentinel, "known"]}) == {"a": [UNKNOWN, "known"]}


def test_assets_are_no_data() -> None:
    assert plain({"code": pulumi.FileArchive("package.zip"), "size": 1}) == {"code": UNKNOWN, "size": 1}


def test_asset_on_the_wire_is_no_data() -> None:
    wire = {"4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7", "path": "package.zip"}

    assert plain({"code": wire}) == {"code": UNKNOWN}


def test_lookup_tells_absent_from_unknown() -> None:
    properties = {"environment": UNKNOWN, "tags": {"a": "b"}}

    assert lookup(properties, "timeout") is None
    assert lookup(properties, "vpcConfig", "subnetIds") is None
    assert lookup(properties, "environment", "variables") is UNKNOWN
    assert text(properties, "tags", "a") == "b"
    assert text(properties, "environment") is None
    assert mapping(properties, "environment") == {}


def test_texts_come_with_their_paths() -> None:
    properties = {"layers": ["one", UNKNOWN], "environment": {"variables": {"A": "two", "B": UNKNOWN}}, "timeout": 3}

    assert list(texts(properties)) == [("layers[0]", "one"), ("environment.variables.A", "two")]


@pytest.mark.parametrize(("value", "shown"), [(900.0, "900"), (1800, "1,800"), (1.5, "1.5")])
def test_figures_read_as_people_write_them(value: float, shown: str) -> None:
    assert format_number(value) == shown
