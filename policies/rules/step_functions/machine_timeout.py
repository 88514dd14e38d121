"""A machine ends by itself, whatever its loops do."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.step_functions.machine import MACHINES, parsed
from policies.rules.values import lookup


def _check(machine: Resource) -> Iterable[Finding]:
    definition = parsed(machine)
    is_standard = lookup(machine.properties, "type") in (None, "STANDARD")
    if definition is None or not is_standard or "TimeoutSeconds" in definition:
        return []
    return [
        Finding(
            property="definition.TimeoutSeconds",
            value="unset",
            allowed="seconds",
            why="An execution that is stuck lives for a year, and the run that it carries stays open as long",
            fix="Set it a little over what all steps together may take",
        )
    ]


RULE = ResourceRule(
    name="state-machine-timeout",
    description="A state machine of type STANDARD has a TimeoutSeconds of its own.",
    remediation="Set TimeoutSeconds beside StartAt, a little over what all steps together may take.",
    severity=Severity.ADVISORY,
    types=MACHINES,
    check=_check,
)
