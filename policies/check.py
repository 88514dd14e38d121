"""The rules without the engine: over the resources that a program registers, for `longrun check` and for tests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from policies.catalogue import RULES
from policies.rules.rule import Resource, ResourceRule, Severity, Stack, StackRule
from policies.rules.values import plain


class Registration(TypedDict):
    """A resource as the program registered it; property names as on the wire (camelCase)."""

    type: str
    name: str
    urn: str
    parent: str | None
    properties: Mapping[str, object]
    dependencies: NotRequired[Mapping[str, Sequence[str]]]
    """Property to the URNs it is made from; without it references are followed by name only."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule at one property of one resource; `message` says what is allowed, why and how to mend it."""

    rule: str
    severity: Severity
    urn: str
    property: str
    message: str


def evaluate(
    resources: Sequence[Registration],
    region: str | None = None,
    rules: Sequence[ResourceRule | StackRule] = RULES,
) -> list[Violation]:
    """The violations of a program, mandatory ones first, else in the order of the rules and of the resources.

    `region` is the stack's `aws:region`; without it the registered AWS provider tells, and without that the alignment
    of regions is not judged.
    """
    stack = Stack(tuple(_resource(registration) for registration in resources), region)
    violations = [violation for rule in rules for violation in _violations(rule, stack)]
    return sorted(violations, key=lambda violation: violation.severity is not Severity.MANDATORY)


def _violations(rule: ResourceRule | StackRule, stack: Stack) -> Iterator[Violation]:
    if isinstance(rule, StackRule):
        found = rule.check(stack)
    else:
        judged = (resource for resource in stack.resources if resource.type in rule.types)
        found = ((resource, finding) for resource in judged for finding in rule.check(resource))
    for resource, finding in found:
        message = finding.message(resource.type, resource.name)
        yield Violation(rule.name, rule.severity, resource.urn, finding.property, message)


def _resource(registration: Registration) -> Resource:
    return Resource(
        type=registration["type"],
        name=registration["name"],
        urn=registration["urn"],
        properties={name: plain(value) for name, value in registration["properties"].items()},
        parent=registration["parent"],
        dependencies={name: tuple(urns) for name, urns in registration.get("dependencies", {}).items()},
    )
