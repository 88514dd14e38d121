"""Texts of a stack's file become the values that the engine's parser makes of them."""

import pytest
import yaml

from sandbox.program.engine_yaml import load


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("n", "n"),
        ("True", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("~", None),
        ("NULL", None),
        ("nULL", "nULL"),
        ("0x10", 16),
        ("010", 8),
        ("0o17", 15),
        ("0b11", 3),
        ("-0x10", -16),
        ("1_000", 1000),
        ("+5", 5),
        ("1:30", "1:30"),
        ("0x", "0x"),
        ("_1", "_1"),
        ("18446744073709551615", 18446744073709551615),
        ("98446744073709551615", 9.844674407370955e19),
        ("012345678901", 12345678901.0),
        ("1e3", 1000.0),
        ("1.10", 1.1),
        (".5", 0.5),
        ("1e400", "1e400"),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("2024-01-02", "2024-01-02 00:00:00 +0000 UTC"),
        ("2024-1-2T3:4:5.50Z", "2024-01-02 03:04:05.5 +0000 UTC"),
        ("2024-01-02T03:04:05+02:00", "2024-01-02 03:04:05 +0200 +0200"),
        ("2024-01-02 03:04:05 +02:00", "2024-01-02 03:04:05 +02:00"),
        ("2024-13-02", "2024-13-02"),
        ('"2024-01-02"', "2024-01-02"),
        ('"yes"', "yes"),
        ("!!str 5", "5"),
        ('!!int "5"', 5),
        ("=", "="),
        ("٣", "٣"),
    ],
)
def test_text_has_the_type_that_the_engine_gives_it(text: str, value: object) -> None:
    found = load(f"key: {text}")

    assert isinstance(found, dict)
    assert found["key"] == value
    assert type(found["key"]) is type(value)


def test_mappings_are_merged_and_their_own_keys_stay() -> None:
    assert load("a: &base {m: 1, n: 2}\nb: {<<: *base, n: 3}\n") == {"a": {"m": 1, "n": 2}, "b": {"m": 1, "n": 3}}


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "a: {b: 1, b: 2}\n", '!!int "five"', "!!python/name:os.system x"])
def test_what_the_engine_rejects_or_nobody_should_run_is_an_error(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        load(text)
