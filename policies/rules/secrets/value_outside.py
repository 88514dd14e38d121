"""The value of a secret: put there by its owner or made by a resource, not held by the program."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.secrets.secret import VERSION
from policies.rules.values import lookup

_PROPERTIES: Final = ("secretString", "secretBinary")


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for version in stack.of_type(VERSION):
        for prop in _PROPERTIES:
            # What another resource makes is not the program's, even where an update knows it already.
            if isinstance(lookup(version.properties, prop), str) and not version.dependencies.get(prop):
                yield version, _finding(prop)


def _finding(prop: str) -> Finding:
    return Finding(
        property=prop,
        value="a text that the program or its configuration holds",
        allowed="no value, one that another resource makes, or secretStringWo, which no state keeps",
        why="Everyone who may read the program, or decrypt the stack's state, can read the secret",
        fix="Create the Secret alone, and let its owner put the value with aws secretsmanager put-secret-value",
    )


RULE = StackRule(
    name="secret-value-outside-program",
    description="A secret's value is not written in the program or its configuration.",
    remediation="Set the value with the AWS CLI, let a RandomPassword create it, or use secret_string_wo.",
    severity=Severity.ADVISORY,
    check=_check,
)
