"""Every rule against its cases."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.catalogue import FAMILIES, HAND_WRITTEN, RULES
from policies.check import Registration, Violation, evaluate
from policies.generation.cases import FOLDER, stack
from policies.rules.rule import ResourceRule, StackRule
from policies.rules.values import UNKNOWN_SENTINELS
from tests.policies.harness import CASES, places, with_values

VIOLATING = [(rule, title) for rule, cases in CASES.items() for title in cases["violating"]]
ACCEPTED = [(rule, title) for rule, cases in CASES.items() for title in cases["accepted"]]
Known = set[tuple[str, str, str]]


def test_every_rule_has_a_stack_that_violates_it_and_one_that_does_not() -> None:
    assert set(CASES) == {rule.name for rule in HAND_WRITTEN}
    for name, cases in CASES.items():
        assert cases["compliant"], name
        assert cases["violating"], name


def test_case_files_are_named_once_and_stand_in_the_folder_of_their_rule() -> None:
    folders = {path.stem: path.parent.name for path in FOLDER.glob("*/*.json")}

    assert len(folders) == len(list(FOLDER.glob("*/*.json")))
    assert {rule.name: family.folder for family in FAMILIES for rule in family.rules} == folders


def test_names_of_rules_are_unique_and_in_kebab_case() -> None:
    names = [rule.name for rule in RULES]

    assert sorted(names) == sorted(set(names))
    assert all(name.replace("-", "").isalnum() and name == name.lower() for name in names)


def test_every_folder_of_rules_is_in_the_catalogue() -> None:
    folder = Path(__file__).parents[2] / "policies" / "rules"

    with_rules = {path.parent.name for path in folder.glob("*/*.py") if re.search("^RULES?\\b", path.read_text(), re.M)}
    assert with_rules == {family.folder for family in FAMILIES}


def test_rules_say_their_demand_and_their_remedy_in_sentences() -> None:
    texts = [(rule.name, text) for rule in RULES for text in (rule.description, rule.remediation)]

    assert not [name for name, text in texts if not text.endswith(".") or "\n" in text]


def rule_named(name: str) -> ResourceRule | StackRule:
    (rule,) = [rule for rule in HAND_WRITTEN if rule.name == name]
    return rule


@pytest.mark.parametrize("rule", CASES)
def test_compliant_stack_passes(rule: str) -> None:
    assert evaluate(stack(rule), rules=[rule_named(rule)]) == []


@pytest.mark.parametrize(("rule", "title"), ACCEPTED)
def test_accepts(rule: str, title: str) -> None:
    assert evaluate(stack(rule, CASES[rule]["accepted"][title]), rules=[rule_named(rule)]) == []


@pytest.mark.parametrize(("rule", "title"), VIOLATING)
def test_reports_the_one_violating_property_and_no_other_rule_does(rule: str, title: str) -> None:
    change = CASES[rule]["violating"][title]
    (resource,) = [resource for resource in stack(rule) if resource["name"] == change["resource"]]
    compliant = evaluate(stack(rule), rules=HAND_WRITTEN)

    assert [each for each in evaluate(stack(rule, change), rules=HAND_WRITTEN) if each not in compliant] == [
        Violation(rule, rule_named(rule).severity, resource["urn"], change["property"], change["message"])
    ]


def found(resources: list[Registration]) -> Known:
    return {(each.rule, each.urn, each.property) for each in evaluate(resources, rules=HAND_WRITTEN)}


@settings(deadline=None)
@given(data=st.data())
def test_making_values_unknown_never_adds_a_finding(data: st.DataObject) -> None:
    rule, title = data.draw(st.sampled_from([*((rule, None) for rule in CASES), *VIOLATING]))
    resources = stack(rule, CASES[rule]["violating"][title] if title else None)
    where = [(index, place) for index, resource in enumerate(resources) for place in places(resource["properties"])]
    chosen = data.draw(st.lists(st.sampled_from(where), min_size=1, max_size=6, unique=True))
    marks = {spot: data.draw(st.sampled_from(sorted(UNKNOWN_SENTINELS))) for spot in chosen}
    less_known = [
        with_values(resource, {place: mark for (at, place), mark in marks.items() if at == index})
        for index, resource in enumerate(resources)
    ]

    assert found(less_known) <= found(resources)


@pytest.mark.parametrize("rule", CASES)
def test_making_any_one_value_unknown_never_adds_a_finding(rule: str) -> None:
    sentinel = min(UNKNOWN_SENTINELS)
    judging = [rule_named(rule)]
    for change in [None, *CASES[rule]["accepted"].values(), *CASES[rule]["violating"].values()]:
        resources = stack(rule, change)
        before = {(each.urn, each.property) for each in evaluate(resources, rules=judging)}
        for index, resource in enumerate(resources):
            for place in places(resource["properties"]):
                less_known = [*resources]
                less_known[index] = with_values(resource, {place: sentinel})
                after = {(each.urn, each.property) for each in evaluate(less_known, rules=judging)}
                assert after <= before, (change, resource["name"], place)
