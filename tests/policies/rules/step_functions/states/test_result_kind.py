"""The kind of an expression's value, by what decides it."""

import pytest

from policies.rules.step_functions.states.result_kind import kinds

BOOLEAN, UNKNOWN = "a boolean", ""


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("$count($a)", {"a number"}),
        ("$count($a) > 0", {BOOLEAN}),
        ("$a ~> $count()", {"a number"}),
        ("$a = 1 ~> $string", {"a string"}),
        ("$a ~> $string = 'b'", {BOOLEAN}),
        ("-$a", {"a number"}),
        ("$a * 2 & 'b'", {"a string"}),
        ("$a.* = 1", {BOOLEAN}),
        ("$a in ['b', 'c']", {BOOLEAN}),
        ("$a and 'b'", {BOOLEAN}),
        ("$not($a) ? 1 : 'b'", {"a number", "a string"}),
        ("$a ? $b ? 1 : true : false", {"a number", BOOLEAN}),
        ("$a ? true", {BOOLEAN, "nothing"}),
        ("($a := 1; $a > 0;)", {BOOLEAN}),
        ("($a := 1; ('b'))", {"a string"}),
        ("[1, 2]", {"an array"}),
        ("{'a': true}", {"an object"}),
        ("null", {"null"}),
        ("true", {BOOLEAN}),
        ("", {"nothing"}),
        ("$a", {UNKNOWN}),
        ("$a.and", {UNKNOWN}),
        ("{'a': true}.a", {UNKNOWN}),
        ("$sum($a)[0]", {UNKNOWN}),
        ("$lookup($a, 'b')", {UNKNOWN}),
        ("$states.input.a[b = 1]", {UNKNOWN}),
        ("function($a) { 1 }", {UNKNOWN}),
        ("$a^(b)", {UNKNOWN}),
    ],
)
def test_the_operator_that_comes_last_decides(code: str, expected: set[str]) -> None:
    assert kinds("{% " + code + " %}") == expected


def test_a_deep_expression_is_not_judged() -> None:
    assert kinds("{% " + "(" * 200 + "1" + ")" * 200 + " %}") == {UNKNOWN}
