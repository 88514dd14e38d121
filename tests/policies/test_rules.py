"""Every rule against its cases: tests/policies/cases/<service>/<rule>.json holds a compliant stack, patches that the
rule has to accept, and patches (RFC 7396) that each spoil one property, with the exact message."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.catalogue import RULES
from policies.check import Registration, Violation, evaluate
from policies.rules.values import UNKNOWN_SENTINELS

Place = tuple[str | int, ...]

CASES: Mapping[str, Any] = {
    path.stem: json.loads(path.read_text()) for path in sorted(Path(__file__).with_name("cases").glob("*/*.json"))
}
SPOILED = [(rule, title) for rule, cases in CASES.items() for title in cases["spoiled"]]
ACCEPTED = [(rule, title) for rule, cases in CASES.items() for title in cases["accepted"]]


def merged(target: object, patch: object) -> object:
    """JSON merge patch: mappings merge, null removes, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    result: dict[str, object] = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def stack(rule: str, change: Mapping[str, Any] | None = None) -> list[Registration]:
    resources: list[Registration] = CASES[rule]["compliant"]
    if change is None:
        return resources
    names = [resource["name"] for resource in resources]
    assert names.count(change["resource"]) == 1
    return [patched(resource, change) if resource["name"] == change["resource"] else resource for resource in resources]


def patched(resource: Registration, change: Mapping[str, Any]) -> Registration:
    dependencies = {**resource.get("dependencies", {}), **change.get("dependencies", {})}
    properties = merged(resource["properties"], change["patch"])
    assert isinstance(properties, dict)
    return {**resource, "properties": properties, "dependencies": dependencies}


def test_every_rule_has_a_stack_that_violates_it_and_one_that_does_not() -> None:
    assert set(CASES) == {rule.name for rule in RULES}
    for name, cases in CASES.items():
        assert cases["compliant"], name
        assert cases["spoiled"], name


def test_names_of_rules_are_unique() -> None:
    names = [rule.name for rule in RULES]
    assert sorted(names) == sorted(set(names))


def test_every_rule_is_listed_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()

    assert re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE) == [rule.name for rule in RULES]


@pytest.mark.parametrize("rule", CASES)
def test_compliant_stack_passes_every_rule(rule: str) -> None:
    assert evaluate(stack(rule)) == []


@pytest.mark.parametrize(("rule", "title"), ACCEPTED)
def test_accepts(rule: str, title: str) -> None:
    assert evaluate(stack(rule, CASES[rule]["accepted"][title])) == []


@pytest.mark.parametrize(("rule", "title"), SPOILED)
def test_reports_the_one_spoiled_property(rule: str, title: str) -> None:
    change = CASES[rule]["spoiled"][title]
    (resource,) = [resource for resource in stack(rule) if resource["name"] == change["resource"]]
    (severity,) = [known.severity for known in RULES if known.name == rule]

    assert evaluate(stack(rule, change)) == [
        Violation(rule, severity, resource["urn"], change["property"], change["message"])
    ]


def paths(value: object, path: Place = ()) -> list[Place]:
    """Every place in a property tree, the inner ones before those around them."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    inner = [found for key, member in members for found in paths(member, (*path, key))]
    return [*inner, path] if path else inner


def blanked(value: object, gone: Mapping[Place, str], path: Place = ()) -> object:
    if path in gone:
        return gone[path]
    if isinstance(value, dict):
        return {key: blanked(member, gone, (*path, key)) for key, member in value.items()}
    if isinstance(value, list):
        return [blanked(member, gone, (*path, index)) for index, member in enumerate(value)]
    return value


def with_unknowns(resource: Registration, gone: Mapping[Place, str]) -> Registration:
    properties = blanked(resource["properties"], gone)
    assert isinstance(properties, dict)
    return {**resource, "properties": properties}


@settings(deadline=None)
@given(data=st.data())
def test_making_values_unknown_never_adds_a_finding(data: st.DataObject) -> None:
    rule, title = data.draw(st.sampled_from(SPOILED))
    resources = stack(rule, CASES[rule]["spoiled"][title])
    places = [(index, path) for index, resource in enumerate(resources) for path in paths(resource["properties"])]
    chosen = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=6, unique=True))
    sentinels = {place: data.draw(st.sampled_from(sorted(UNKNOWN_SENTINELS))) for place in chosen}
    less_known = [
        with_unknowns(resource, {path: mark for (where, path), mark in sentinels.items() if where == index})
        for index, resource in enumerate(resources)
    ]

    before = {(violation.rule, violation.urn, violation.property) for violation in evaluate(resources)}
    after = {(violation.rule, violation.urn, violation.property) for violation in evaluate(less_known)}

    assert after <= before
