"""The published rules over the examples of the SDK's documentation, against a baseline in which each finding is judged.

A finding that is new, or gone, fails: judge it, mend the map or filters.py if it is false, and write it down. The last
line of the failure is what baseline.json has to say.
"""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from policies.cloudformation.judge import Judge
from tests.policies.cloudformation.stacks import findings_of, prepare, resource

HERE = Path(__file__).parent
PARTS = 12
"""An engine with fewer rules is faster by more than it costs to build."""

FindingKey = tuple[str, str, str]
"""Of a finding: its source, the type of the resource and the property, without indices."""


@cache
def corpus() -> list[tuple[str, list[dict[str, Any]]]]:
    return sorted(json.loads(gzip.decompress((HERE / "corpus.json.gz").read_bytes())).items())


@cache
def baseline() -> list[dict[str, Any]]:
    judged: list[dict[str, Any]] = json.loads((HERE / "baseline.json").read_text())
    return judged


def expected(examples: set[str]) -> dict[FindingKey, list[str]]:
    known = {
        (each["source"], each["type"], each["property"]): sorted(examples & {*each["examples"]}) for each in baseline()
    }
    return {place: named for place, named in known.items() if named}


def found_in(part: list[tuple[str, list[dict[str, Any]]]]) -> Iterator[tuple[FindingKey, str]]:
    judge = prepare([one["type"] for _, registered in part for one in registered], Judge(), region=None)
    for example, registered in part:
        resources = [
            resource(one["type"], one["properties"], f"{one['name']}-{at}") for at, one in enumerate(registered)
        ]
        for finding, of in findings_of(resources, judge):
            yield (finding.source, of.type, re.sub(r"\[\d+\]", "[]", finding.property)), example


@pytest.mark.parametrize("number", range(PARTS))
def test_examples_are_judged_as_reviewed(number: int) -> None:
    every = corpus()
    part = every[number * len(every) // PARTS : (number + 1) * len(every) // PARTS]

    found: dict[FindingKey, set[str]] = defaultdict(set)
    for place, example in found_in(part):
        found[place].add(example)

    assert {place: sorted(named) for place, named in found.items()} == expected({name for name, _ in part})


def test_corpus_is_large() -> None:
    assert len(corpus()) > 2700
    assert sum(len(registered) for _, registered in corpus()) > 4500


def test_every_finding_of_the_baseline_is_judged_and_is_of_an_example() -> None:
    names = {name for name, _ in corpus()}

    for judged in baseline():
        assert judged.keys() == {"source", "type", "property", "examples", "judged", "why"}
        assert judged["judged"] in {"real", "false"}
        assert judged["why"].strip()
        assert set(judged["examples"]) <= names


def test_no_finding_that_stops_a_deployment_is_false() -> None:
    false = [judged["source"] for judged in baseline() if judged["judged"] == "false"]

    assert [source for source in false if not source.startswith("W")] == []
