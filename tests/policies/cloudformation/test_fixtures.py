"""The compliant stacks of the project's own rules are so for AWS's published rules too."""

import pytest

from policies.check import stack_of
from policies.cloudformation.published import Published
from policies.rules.rule import Stack
from policies.rules.stack.places.homes import stack_region
from tests.policies.cloudformation.stacks import REGION, prepare
from tests.policies.harness import CASES

KINDS = sorted({resource["type"] for case in CASES.values() for resource in case["compliant"]})


@pytest.mark.parametrize("rule", CASES)
def test_nothing_published_is_against_a_compliant_stack(rule: str) -> None:
    published = Published((), prepare(KINDS))
    resources = CASES[rule]["compliant"]
    stack: Stack = stack_of(resources, stack_region(stack_of(resources, None)) or REGION)

    found = [finding.message(of.type, of.name) for one in published.rules() for of, finding in one.check(stack)]

    assert found == []
