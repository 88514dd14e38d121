"""What is in a JSONata expression."""

import pytest

from policies.rules.step_functions.states.jsonata import read, strings


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("$a.b[$c = 1]", {"a", "c"}),
        ("'$a' & \"$b\" & `$c`", set()),
        ("/* $a */ $b", {"b"}),
        ("$x / 2 + $y", {"x", "y"}),
        ("$states.input", {"states"}),
    ],
)
def test_names_are_read_where_they_are_no_text(code: str, names: set[str]) -> None:
    assert read("{% " + code + " %}").read == names


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("($x := 1; $x + 1)", {"x"}),
        ("($x:=1)", {"x"}),
        ("$map(a, function($v, $i) { $v })", {"v", "i"}),
        ("λ($v) { $v }", {"v"}),
        ("items@$i.(name = $i.name)", {"i"}),
        ("items#$i", {"i"}),
    ],
)
def test_names_that_an_expression_binds_itself_are_told_apart(code: str, names: set[str]) -> None:
    found = read("{% " + code + " %}")

    assert found.bound == names


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("(1 + 2)", ""),
        ("{'a': [1, 2]}", ""),
        ("(1 + 2", "( that nothing closes"),
        ("[1, 2)", ") that nothing opens"),
        ("1 + 2}", "} that nothing opens"),
        ("'open", "' that nothing closes"),
        ("/* open", "/* that nothing closes"),
        ("'it\\'s' & '('", ""),
        (r"$match(a, /\(['\"/]/)", ""),
        (r"a ~> /\//im", ""),
        ("a / b / (c)", ""),
        ("$match(a, /[(]/)", "/ that nothing closes"),
        ("a ~> /open", "/ that nothing closes"),
    ],
)
def test_brackets_and_quotes_come_in_pairs(code: str, problem: str) -> None:
    assert read("{% " + code + " %}").problem == problem


def test_strings_of_a_state_leave_out_those_of_the_states_inside_it() -> None:
    state = {"Type": "Map", "Items": ["a", {"b": "c"}], "ItemProcessor": {"StartAt": "d"}, "Branches": [{"e": "f"}]}

    assert list(strings(state)) == [("Type", "Map"), ("Items[0]", "a"), ("Items[1].b", "c")]


@pytest.mark.parametrize(
    ("code", "sign"),
    [
        ("$a ?? 1", "??"),
        ("$a?:1", "?:"),
        ("$map($a, function($v) { $v.b ?? 'c' })", "??"),
        ("$replace($a, /b/, '') ?: 'c'", "?:"),
        ("$$.a", "$$"),
        ("$a ? 1 : 2", ""),
        ("$a?1:2", ""),
        ("'a ?? b' & `c?:d` /* ?? */", ""),
        ("$match($a, /b??/)", ""),
        ("$f(?, 1)", ""),
    ],
)
def test_what_step_functions_does_not_have_is_found_outside_of_texts(code: str, sign: str) -> None:
    assert read("{% " + code + " %}").unsupported == sign


def test_a_variable_whose_existence_is_asked_for_is_told_apart() -> None:
    found = read("{% $exists($a) ? $a : $exists($b.c) %}")

    assert found.read == {"a", "b", "exists"}
    assert found.asked == {"a"}
