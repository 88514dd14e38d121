"""Failures of executions are written down."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.step_functions.states.machine import MACHINES
from policies.rules.values import UNKNOWN, lookup

PROPERTY = "loggingConfiguration"


def _check(machine: Resource) -> Iterable[Finding]:
    level = lookup(machine.properties, PROPERTY, "level")
    destination = lookup(machine.properties, PROPERTY, "logDestination")
    if level in (None, "OFF"):
        return [
            Finding(
                property=f"{PROPERTY}.level",
                value="unset" if level is None else "OFF",
                allowed="ERROR, FATAL or ALL",
                why="The reason of a failed execution is lost once its history is gone, and for EXPRESS at once",
                fix="Log errors to a group with a retention, named /aws/vendedlogs/states/…",
            )
        ]
    if destination is UNKNOWN or (isinstance(destination, str) and destination.endswith(":*")):
        return []
    return [
        Finding(
            property=f"{PROPERTY}.logDestination",
            value="unset" if destination is None else repr(destination),
            allowed="the ARN of a log group followed by :*",
            why="Step Functions rejects another with InvalidLoggingConfiguration",
            fix="Add :* to the log group's ARN",
        )
    ]


RULE = ResourceRule(
    name="state-machine-logging",
    description="A state machine logs at least its errors, to a log group whose ARN has :* at its end.",
    remediation="Set loggingConfiguration with level ERROR and the log group's ARN followed by :*.",
    types=MACHINES,
    check=_check,
)
