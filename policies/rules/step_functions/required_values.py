"""Rules about state machines that demand one value of one property."""

from typing import Final

from policies.rules.accepted_values import is_on
from policies.rules.documents import document
from policies.rules.required_value import RequiredValue, flag, rules_of
from policies.rules.rule import Resource, Severity
from policies.rules.step_functions.states.machine import MACHINE
from policies.rules.values import lookup


def _is_standard(machine: Resource) -> bool:
    return lookup(machine.properties, "type") in (None, "STANDARD")


def _has_a_timeout(value: object) -> bool:
    definition = document(value)
    return definition is None or "TimeoutSeconds" in definition


RULES: Final = rules_of(
    RequiredValue(
        name="state-machine-timeout",
        types=[MACHINE],
        property="definition",
        reported_as="definition.TimeoutSeconds",
        applies=_is_standard,
        accepts=_has_a_timeout,
        value="unset",
        allowed="seconds",
        why="An execution that is stuck stays open for a year, and so does its run",
        fix="Set it a little over what all steps together may take",
        description="A state machine of type STANDARD has a TimeoutSeconds of its own.",
        remediation="Set TimeoutSeconds beside StartAt, a little over what all steps together may take.",
        severity=Severity.ADVISORY,
    ),
    RequiredValue(
        name="state-machine-tracing",
        types=[MACHINE],
        property="tracingConfiguration.enabled",
        accepts=is_on,
        value=flag,
        allowed="true",
        why="Without it a trace ends at the state machine, and the time between two functions is not explained",
        fix="Set enabled to true, and let the role write to X-Ray",
        description="A state machine writes traces to X-Ray.",
        remediation="Set tracingConfiguration.enabled to true.",
        severity=Severity.ADVISORY,
    ),
)
