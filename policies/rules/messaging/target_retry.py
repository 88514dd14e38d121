"""How often and how long EventBridge tries a target: in its own range."""

from collections.abc import Iterator
from typing import Final

from policies.rules.aws_limits.messaging import EVENT_AGE, EVENT_RETRIES
from policies.rules.finding import Finding
from policies.rules.messaging.resources.queue import SCHEDULE, TARGET
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import format_number, number

PATHS: Final = {TARGET: ("retryPolicy",), SCHEDULE: ("target", "retryPolicy")}
_RANGES: Final = {"maximumRetryAttempts": EVENT_RETRIES, "maximumEventAgeInSeconds": EVENT_AGE}


def _check(target: Resource) -> Iterator[Finding]:
    for prop, accepted in _RANGES.items():
        path = (*PATHS[target.type], prop)
        value = number(target.properties, *path)
        if value is not None and not accepted.allows(value):
            yield Finding(
                property=".".join(path),
                value=format_number(value),
                allowed=str(accepted),
                why="EventBridge rejects the target with a ValidationException",
                fix="Choose a number in the range",
            )


RULE = ResourceRule(
    name="eventbridge-target-retry",
    description="A target is tried 0 to 185 times, over 60 to 86,400 seconds.",
    remediation="Set both numbers of retry_policy in EventBridge's range.",
    types=frozenset(PATHS),
    check=_check,
)
