"""Making any value unknown never adds information: nothing appears in the template that was not there before."""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from policies.cloudformation.translate import Translation, translate
from policies.rules.rule import Resource
from policies.rules.values import UNKNOWN, plain
from tests.policies.cloudformation.made import resource

CORPUS: Mapping[str, list[dict[str, Any]]] = json.loads(
    gzip.decompress(Path(__file__).with_name("corpus.json.gz").read_bytes())
)
EVERY = 4
"""Of the examples in the SDK's documentation, one in so many."""
SAMPLE = list(CORPUS)[::EVERY]
REFERENCES = ({"Ref"}, {"Fn::GetAtt"})

Steps = tuple[str | int, ...]


def stack(example: str) -> list[Resource]:
    return [
        resource(
            given["type"], f"{given['name']}-{number}", {name: plain(one) for name, one in given["properties"].items()}
        )
        for number, given in enumerate(CORPUS[example])
    ]


def places(value: object, steps: Steps = ()) -> Iterator[Steps]:
    members: Iterator[tuple[str | int, object]] = iter(())
    if isinstance(value, Mapping):
        members = iter(value.items())
    elif isinstance(value, list):
        members = iter(enumerate(value))
    for step, member in members:
        yield (*steps, step)
        yield from places(member, (*steps, step))


def without(value: Any, steps: Steps) -> object:  # noqa: ANN401  whatever stands in a resource
    if not steps:
        return UNKNOWN
    first, *rest = steps
    if isinstance(value, Mapping):
        return {name: without(one, tuple(rest)) if name == first else one for name, one in value.items()}
    return [without(one, tuple(rest)) if index == first else one for index, one in enumerate(value)]


def said(translation: Translation) -> set[tuple[str, str]]:
    """Everything that the template says: values with their place, lists without their order."""
    return set(leaves(translation.template["Resources"], ""))


def leaves(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value.keys() not in REFERENCES:
        for name, member in value.items():
            yield from leaves(member, f"{path}/{name}")
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member, f"{path}/*")
    elif not isinstance(value, dict):
        yield path, json.dumps(value)


@pytest.mark.parametrize("example", SAMPLE)
def test_unknown_value_adds_nothing(example: str) -> None:
    resources = stack(example)
    before = translate(resources)
    told = said(before)

    for index, whole in enumerate(resources):
        for steps in places(whole.properties):
            properties = without(whole.properties, steps)
            assert isinstance(properties, dict)
            less = resource(whole.type, whole.name, properties)
            after = translate([*resources[:index], less, *resources[index + 1 :]])

            assert said(after) <= told, steps
            assert after.incomplete >= before.incomplete, steps
