"""What a computed wait is worth."""

import math

import pytest

from policies.rules.step_functions.states.formula import ANYTHING, Bounds, formula


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("60", 60),
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 2 - 3", 5),
        ("12 / 4 / 3", 1),
        ("$max([1, $min([60, $ceil($waited / 20)])])", 5),
        ("$floor(2.9) + $round(2.4) + $ceil(2.1)", 7),
        ("$waited + $waited", 200),
    ],
)
def test_arithmetic_is_worth_what_jsonata_makes_of_it(text: str, worth: float) -> None:
    found = formula("{% " + text + " %}")

    assert found is not None
    assert found({"$waited": 100}) == Bounds(worth, worth)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("$unknown", ANYTHING),
        ("$max([10, $unknown])", Bounds(10, math.inf)),
        ("$min([60, $max([10, $unknown / 20])])", Bounds(10, 60)),
        ("$min([60, $unknown]) + 5", Bounds(-math.inf, 65)),
        ("5 - $min([60, $unknown])", Bounds(-55, math.inf)),
        ("$unknown * 0", ANYTHING),
        ("1 / 0", ANYTHING),
    ],
)
def test_what_is_not_known_leaves_bounds(text: str, bounds: Bounds) -> None:
    found = formula("{% " + text + " %}")

    assert found is not None
    assert found({}) == bounds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "(1",
        "1)",
        "$max(1)",
        "$max([1)",
        "$states.input.seconds",
        "$f(1)",
        "a",
        "'1'",
        "1 1",
        "1 + " * 200 + "1",
    ],
)
def test_what_is_more_than_arithmetic_is_not_read(text: str) -> None:
    assert formula("{% " + text + " %}") is None
