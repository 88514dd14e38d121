"""Programs of the kinds that other people write, against a baseline in which each finding is judged.

other_programs.json: {what it is: {"resources": [{"type", "name", "properties", "dependencies": {property: [name, …]}}],
"findings": [{"rule", "severity", "resource", "property", "judged", "why"}]}}. A finding that is new, or gone, fails:
judge it, change the rule if it is false, and write it down.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.check import Registration, evaluate
from policies.rules.values import UNKNOWN_SENTINELS
from tests.policies.harness import places, with_values

PROGRAMS: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("other_programs.json").read_text())
REGION = "us-east-1"
UNKNOWN = min(UNKNOWN_SENTINELS)

Key = tuple[str, str, str, str]


def registered(resources: Sequence[Mapping[str, Any]]) -> list[Registration]:
    urns = {each["name"]: f"urn:pulumi:dev::site::{each['type']}::{each['name']}" for each in resources}
    return [
        {
            "type": each["type"],
            "name": each["name"],
            "urn": urns[each["name"]],
            "parent": None,
            "properties": each["properties"],
            "dependencies": {name: [urns[to] for to in named] for name, named in each["dependencies"].items()},
        }
        for each in resources
    ]


def found(resources: Sequence[Registration]) -> list[Key]:
    violations = evaluate(resources, REGION)
    return sorted((each.rule, str(each.severity), each.urn.split("::")[-1], each.property) for each in violations)


@cache
def known(title: str) -> frozenset[Key]:
    return frozenset(found(registered(PROGRAMS[title]["resources"])))


@pytest.mark.parametrize("title", PROGRAMS)
def test_program_is_judged_as_reviewed(title: str) -> None:
    findings = PROGRAMS[title]["findings"]

    expected = sorted((each["rule"], each["severity"], each["resource"], each["property"]) for each in findings)
    assert found(registered(PROGRAMS[title]["resources"])) == expected


def test_every_finding_of_the_baseline_is_judged_and_none_that_is_mandatory_is_false() -> None:
    findings = [each for program in PROGRAMS.values() for each in program["findings"]]

    assert {each["judged"] for each in findings} <= {"real", "advice"}
    assert [each for each in findings if not each["why"].strip()] == []
    assert [each for each in findings if each["severity"] == "mandatory" and each["judged"] != "real"] == []


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_making_values_unknown_never_adds_a_finding(data: st.DataObject) -> None:
    title = data.draw(st.sampled_from(sorted(PROGRAMS)))
    resources = registered(PROGRAMS[title]["resources"])
    where = [(index, place) for index, each in enumerate(resources) for place in places(each["properties"])]
    chosen = data.draw(st.lists(st.sampled_from(where), min_size=1, max_size=4, unique=True))
    less_known = [
        with_values(each, {place: UNKNOWN for at, place in chosen if at == index})
        for index, each in enumerate(resources)
    ]

    assert set(found(less_known)) <= known(title)
