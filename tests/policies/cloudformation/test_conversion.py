import pytest

from policies.cloudformation.conversion import MISSING, changed, is_unset, scalar
from policies.cloudformation.mapping import PropertyPath
from policies.rules.values import UNKNOWN


@pytest.mark.parametrize(
    ("value", "leaf", "expected"),
    [
        ("a", "s", "a"),
        (900.0, "s", "900"),
        (0.5, "s", "0.5"),
        (True, "s", "true"),
        ({}, "s", MISSING),
        (900.0, "i", 900),
        ("900", "i", 900),
        (1.5, "i", 1.5),
        (True, "i", MISSING),
        ("lots", "i", MISSING),
        ("nan", "n", MISSING),
        ("1e999", "n", MISSING),
        (False, "b", False),
        ("true", "b", True),
        ("yes", "b", MISSING),
        (UNKNOWN, "s", MISSING),
    ],
)
def test_scalar_is_written_as_the_kind_that_cloudformation_has(value: object, leaf: str, expected: object) -> None:
    written = scalar(value, leaf)

    assert written == expected
    assert type(written) is type(expected)


@pytest.mark.parametrize(
    ("value", "changes", "expected"),
    [
        (True, {"values": {"true": "ENABLED", "false": "DISABLED"}}, "ENABLED"),
        ("other", {"values": {"one": "ONE"}}, "other"),
        ("SecureString", {"values": {"SecureString": ""}}, MISSING),
        (7, {"values": {"one": "ONE"}}, MISSING),
        (29000, {"scale": 0.001}, 29),
        ("29000", {"scale": 0.001}, MISSING),
        ("pk", {"item": {"AttributeName": "$", "KeyType": "HASH"}}, {"AttributeName": "pk", "KeyType": "HASH"}),
        ("as it is", {}, "as it is"),
    ],
)
def test_overlay_changes_a_value(value: object, changes: dict[str, object], expected: object) -> None:
    assert changed(value, changes) == expected


def place(*, required: bool = False, unset: tuple[object, ...] = ()) -> PropertyPath:
    return PropertyPath(("Name",), "", "s", None, False, required, False, {}, {"unset": list(unset)})


@pytest.mark.parametrize(
    ("value", "given", "expected"),
    [
        ("", place(), True),
        ([], place(), True),
        ("", place(required=True), False),
        (-1.0, place(unset=(-1,)), True),
        (False, place(unset=(0,)), False),
        (False, place(unset=(False,)), True),
        (0, place(unset=(False,)), False),
        ("a", place(unset=(-1,)), False),
    ],
)
def test_some_values_mean_that_nothing_is_set(value: object, given: PropertyPath, expected: bool) -> None:
    assert is_unset(value, given) is expected
