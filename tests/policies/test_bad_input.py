"""Input that no program should register, and some will: rules pass over it or report it, and end soon."""

import json
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import pytest

from policies.catalogue import HAND_WRITTEN
from policies.check import Registration, evaluate
from policies.generation.cases import stack
from policies.rules.values import UNKNOWN_SENTINELS
from tests.policies.harness import CASES, PropertyPath, places, with_values

SECONDS: Final = 5.0
"""Of processor time, for one stack under all rules. A rule that is quadratic in a document's size takes minutes."""

TRIES: Final = 3
"""The same work takes more processor time beside busy processes, and the shortest try counts."""

DOCUMENTS: Final = ("policy", "definition", "containerdefinitions", "pattern", "eventpattern", "input", "accesspolicy")
"""Last words of the names of properties that hold JSON."""

DEMANDED: Final = (
    ("aws:sfn/stateMachine:StateMachine", "definition"),
    ("aws:iam/role:Role", "assumeRolePolicy"),
    ("aws:iam/rolePolicy:RolePolicy", "policy"),
    ("aws:iam/policy:Policy", "policy"),
    ("aws:s3/bucketPolicy:BucketPolicy", "policy"),
    ("aws:sqs/queuePolicy:QueuePolicy", "policy"),
    ("aws:cloudwatch/eventRule:EventRule", "eventPattern"),
    ("aws:ecs/taskDefinition:TaskDefinition", "containerDefinitions"),
)
"""Properties without whose document a resource makes no sense."""

STATES: Final = 12_000
BAD_TEXTS: Final = {
    "empty": "",
    "cut off": '{"Version": "2012-10-17", "Statement": [{"Effect":',
    "no object": '["a"]',
    "a number": "1",
    "null": "null",
    "nested lists": "[" * 2_000,
    "deeply nested lists": "[" * 200_000,
    "deeply nested objects": '{"States": ' * 20_000 + "{}" + "}" * 20_000,
    "deeply nested and well formed": '{"Statement": ' * 90 + "[]" + "}" * 90,
    "states of the wrong kind": '{"StartAt": 1, "States": {"A": null, "B": [], "C": {"Type": {}, "Next": []}}}',
    "states that are a list": '{"StartAt": {}, "States": [1, 2], "QueryLanguage": []}',
    "statements of the wrong kind": '{"Statement": [1, null, {"Action": {"a": 1}, "Resource": 3, "Principal": []}]}',
    "statement that is a text": '{"Statement": "Allow", "Version": 1}',
    "a megabyte of states": json.dumps(
        {
            "StartAt": "S0",
            "States": {
                f"S{index}": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": f"S{index + 1}"}
                for index in range(STATES)
            },
        }
    ),
    "a megabyte of statements": json.dumps(
        {"Statement": [{"Effect": "Allow", "Action": f"s3:Get{index}", "Resource": "*"} for index in range(STATES)]}
    ),
    "a megabyte of containers": json.dumps(
        [{"name": f"c{index}", "environment": [{"name": "A", "value": "b"}]} for index in range(STATES)]
    ),
    "a megabyte of one letter": "a" * 1_000_000,
    "a megabyte of dashes and dots": "a-b." * 250_000,
}
ODD_VALUES: Final[tuple[object, ...]] = (
    None,
    True,
    -1,
    1e300,
    "",
    "\x00\u202e",
    [],
    {},
    [[[]]],
    {"": {"": ""}},
    [None, {"a": None}],
)


def spots() -> Mapping[str, list[tuple[str, int, PropertyPath]]]:
    """By type of resource, every property that a case sets, at the first case that sets it: the rule whose compliant
    stack it is, the resource in it, the place."""
    first: dict[tuple[str, PropertyPath], tuple[str, int, PropertyPath]] = {}
    for rule in CASES:
        for index, resource in enumerate(stack(rule)):
            for place in places(resource["properties"]):
                first.setdefault((resource["type"], place), (rule, index, place))
    by_type: dict[str, list[tuple[str, int, PropertyPath]]] = defaultdict(list)
    for (resource_type, _), spot in first.items():
        by_type[resource_type].append(spot)
    return by_type


def is_document(place: PropertyPath) -> bool:
    return isinstance(place[-1], str) and place[-1].lower().endswith(DOCUMENTS)


SPOTS = spots()
DOCUMENT_SPOTS = {
    f"{resource_type} {'.'.join(map(str, spot[2]))}": spot
    for resource_type, spots_of_type in SPOTS.items()
    for spot in spots_of_type
    if is_document(spot[2])
}


def changed(resources: list[Registration], index: int, place: PropertyPath, value: object) -> list[Registration]:
    return [*resources[:index], with_values(resources[index], {place: value}), *resources[index + 1 :]]


def judged_in(resources: list[Registration]) -> float:
    """The processor time that the rules take for the stack."""
    began = time.process_time()
    for violation in evaluate(resources, "us-east-1", HAND_WRITTEN):
        assert violation.message
    return time.process_time() - began


@pytest.mark.parametrize("where", DOCUMENT_SPOTS)
@pytest.mark.parametrize("kind", BAD_TEXTS)
def test_a_bad_document_is_reported_or_passed_over_in_bounded_time(where: str, kind: str) -> None:
    rule, index, place = DOCUMENT_SPOTS[where]
    resources = changed(stack(rule), index, place, BAD_TEXTS[kind])

    assert any(judged_in(resources) < SECONDS for _ in range(TRIES))


@pytest.mark.parametrize(("resource_type", "prop"), DEMANDED)
@pytest.mark.parametrize("kind", ["empty", "cut off", "a number", "nested lists"])
def test_a_text_that_is_no_document_is_one_clear_finding(resource_type: str, prop: str, kind: str) -> None:
    resources, index = next(
        (resources, index)
        for resources in map(stack, CASES)
        for index, resource in enumerate(resources)
        if resource["type"] == resource_type and isinstance(resource["properties"].get(prop), str)
    )

    found = evaluate(changed(resources, index, (prop,), BAD_TEXTS[kind]), "us-east-1", HAND_WRITTEN)

    assert [each.property for each in found if each.urn == resources[index]["urn"]].count(prop) == 1


@pytest.mark.parametrize("resource_type", SPOTS)
def test_values_of_another_kind_are_reported_or_passed_over(resource_type: str) -> None:
    for rule, index, place in SPOTS[resource_type]:
        for value in ODD_VALUES:
            for violation in evaluate(changed(stack(rule), index, place, value), "us-east-1", HAND_WRITTEN):
                assert violation.message


@pytest.mark.parametrize("rule", CASES)
def test_nothing_is_found_where_nothing_is_known(rule: str) -> None:
    sentinel = min(UNKNOWN_SENTINELS)
    blank = [with_values(resource, {(name,): sentinel for name in resource["properties"]}) for resource in stack(rule)]
    known = {(each.rule, each.urn, each.property) for each in evaluate(stack(rule), rules=HAND_WRITTEN)}

    found = {(each.rule, each.urn, each.property) for each in evaluate(blank, rules=HAND_WRITTEN)}

    assert found <= known


def renamed(resource: Registration, resource_type: str) -> Registration:
    return {**resource, "type": resource_type}


def test_resources_of_unknown_types_are_passed_over() -> None:
    resources = [
        renamed(resource, f"other{resource['type']}")
        for rule in CASES
        for resource in stack(rule, next(iter(CASES[rule]["violating"].values())))
        if not resource["type"].startswith("pulumi:")
    ]

    assert evaluate(resources, rules=[rule for rule in HAND_WRITTEN if not rule.name.startswith("stack-")]) == []
    evaluate(resources, "us-east-1")


def test_an_empty_stack_breaks_nothing() -> None:
    assert evaluate([], "us-east-1") == []


def bare(resource_type: str, name: str, properties: dict[str, object]) -> Registration:
    urn = f"urn:pulumi:dev::longrun::{resource_type}::{name}"
    return {"type": resource_type, "name": name, "urn": urn, "parent": None, "properties": properties}


@pytest.mark.parametrize("properties", [{}, {"": ""}, {"tags": None}])
def test_resources_without_what_they_need_crash_no_rule(properties: dict[str, object]) -> None:
    types = {resource["type"] for rule in CASES for resource in stack(rule)}
    resources = [bare(each, f"r{index}", properties) for index, each in enumerate(sorted(types))]

    for violation in evaluate(resources, "us-east-1", HAND_WRITTEN):
        assert violation.message
