"""What a stack refers to by name and does not hold, and may well exist: a shared role, another stack's function."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.stack import machine_resources, policy_resources, references_exist, variable_resources
from policies.rules.stack.references.missing import Finder
from policies.rules.stack.references.naming import Naming

_FINDERS: Final[tuple[Finder, ...]] = (
    references_exist.find,
    machine_resources.find,
    variable_resources.find,
    policy_resources.find,
)


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    naming = Naming.of(stack)
    for find in _FINDERS:
        yield from ((each.resource, each.outside_finding()) for each in find(stack) if not naming.is_own(each.name))


RULE = StackRule(
    name="stack-references-outside",
    description="What a stack refers to by a written name, and does not hold, exists before the stack is deployed.",
    remediation="Make sure that it exists; take its name from a lookup, a StackReference or the configuration.",
    severity=Severity.ADVISORY,
    check=_check,
)
