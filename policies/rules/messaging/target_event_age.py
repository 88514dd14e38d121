"""How old an event may be when a target takes it: said, because the default is a whole day."""

from collections.abc import Iterable

from policies.rules.aws_limits.messaging import EVENT_AGE
from policies.rules.finding import Finding
from policies.rules.messaging.queue import SCHEDULE, TARGET
from policies.rules.messaging.target_retry import PATHS
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import figure, lookup


def _check(target: Resource) -> Iterable[Finding]:
    path = (*PATHS[target.type], "maximumEventAgeInSeconds")
    if lookup(target.properties, *path) is not None:
        return []
    return [
        Finding(
            property=".".join(path),
            value=f"unset (EventBridge's default of {figure(EVENT_AGE.maximum)} seconds)",
            allowed=str(EVENT_AGE),
            why="A request that is delivered a day late starts a run that nobody waits for any more",
            fix="Set it to the time after which the event is no longer wanted, and keep it in a dead-letter queue",
        )
    ]


RULE = ResourceRule(
    name="eventbridge-target-event-age",
    description="A target says how old an event may be.",
    remediation="Set maximum_event_age_in_seconds of retry_policy.",
    severity=Severity.ADVISORY,
    types=frozenset({TARGET, SCHEDULE}),
    check=_check,
)
