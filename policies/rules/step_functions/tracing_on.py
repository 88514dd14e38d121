"""Executions are traced."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.step_functions.machine import MACHINES
from policies.rules.values import lookup


def _check(machine: Resource) -> Iterable[Finding]:
    enabled = lookup(machine.properties, "tracingConfiguration", "enabled")
    if enabled not in (None, False):
        return []
    return [
        Finding(
            property="tracingConfiguration.enabled",
            value="unset" if enabled is None else "false",
            allowed="true",
            why="Without it a trace ends at the machine, and the time between two functions is not explained",
            fix="Set enabled to true, and let the role write to X-Ray",
        )
    ]


RULE = ResourceRule(
    name="state-machine-tracing",
    description="A state machine writes traces to X-Ray.",
    remediation="Set tracingConfiguration.enabled to true.",
    severity=Severity.ADVISORY,
    types=MACHINES,
    check=_check,
)
