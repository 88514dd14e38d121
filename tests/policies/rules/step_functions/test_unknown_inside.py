"""Values inside a definition that only the deployment will tell: nothing is guessed of them."""

import json

import pytest

from policies.catalogue import FAMILIES, HAND_WRITTEN
from policies.check import Registration, evaluate
from policies.generation.cases import cases, stack
from policies.rules.rule import ResourceRule, StackRule
from policies.rules.values import UNKNOWN_SENTINELS
from tests.policies.harness import blanked, places

SENTINEL = min(UNKNOWN_SENTINELS)
DOCUMENTS = ("definition", "containerDefinitions")
NAMES = [rule.name for family in FAMILIES if family.folder in ("ecs", "step_functions") for rule in family.rules]


def less_known(resource: Registration) -> list[Registration]:
    """The resource with one value inside its document not known, for each value."""
    found: list[Registration] = []
    for name in DOCUMENTS:
        text = resource["properties"].get(name)
        try:
            document = json.loads(text) if isinstance(text, str) else None
        except ValueError:
            continue
        for place in places(document):
            blank = json.dumps(blanked(document, {place: SENTINEL}))
            found.append({**resource, "properties": {**resource["properties"], name: blank}})
    return found


def found_in(resources: list[Registration], rule: ResourceRule | StackRule) -> set[tuple[str, str]]:
    return {(violation.urn, violation.property) for violation in evaluate(resources, rules=[rule])}


@pytest.mark.parametrize("name", NAMES)
def test_making_a_value_inside_a_document_unknown_adds_no_finding(name: str) -> None:
    (rule,) = [rule for rule in HAND_WRITTEN if rule.name == name]
    for change in [None, *cases()[name]["accepted"].values(), *cases()[name]["violating"].values()]:
        resources = stack(name, change)
        before = found_in(resources, rule)
        for number, resource in enumerate(resources):
            for blank in less_known(resource):
                after = found_in([*resources[:number], blank, *resources[number + 1 :]], rule)
                assert after <= before, (change, blank["properties"])
