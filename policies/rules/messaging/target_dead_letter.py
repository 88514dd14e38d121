"""Events that could not be delivered: kept in a queue, or gone after the last retry."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.messaging.queue import SCHEDULE, TARGET
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import lookup

_PATHS: Final = {TARGET: ("deadLetterConfig", "arn"), SCHEDULE: ("target", "deadLetterConfig", "arn")}


def _check(target: Resource) -> Iterable[Finding]:
    path = _PATHS[target.type]
    if lookup(target.properties, *path):
        return []
    return [
        Finding(
            property=".".join(path),
            value="unset",
            allowed="the ARN of a standard queue",
            why="An event that the target does not take is dropped after the last retry, and with it the run",
            fix="Name a queue whose policy admits events.amazonaws.com",
        )
    ]


RULE = ResourceRule(
    name="eventbridge-target-dead-letter",
    description="A target keeps events that could not be delivered in a queue.",
    remediation="Set dead_letter_config to the ARN of a standard queue.",
    severity=Severity.ADVISORY,
    types=frozenset(_PATHS),
    check=_check,
)
