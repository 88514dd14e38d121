"""A schedule that EventBridge can read, on the one bus that has schedules."""

import re
from collections.abc import Iterator
from typing import Final

from policies.rules.finding import Finding
from policies.rules.messaging.resources.events import RULE_TYPE
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import quoted, text

_RATE: Final = re.compile(r"rate\((?:1 (?:minute|hour|day)|(?!0|1 )\d+ (?:minutes|hours|days))\)")
_CRON: Final = re.compile(r"cron\((?P<fields>[^()]+)\)")
_CRON_FIELDS: Final = 6
_REJECTED: Final = "EventBridge rejects the rule with a ValidationException"


def _check(rule: Resource) -> Iterator[Finding]:
    schedule = text(rule.properties, "scheduleExpression")
    if not schedule:
        return
    bus = text(rule.properties, "eventBusName")
    if not _is_schedule(schedule):
        yield Finding(
            property="scheduleExpression",
            value=quoted(schedule),
            allowed="rate(1 hour), rate(5 minutes), or cron() of six fields with ? for one of the two days",
            why=_REJECTED,
            fix="Write rate(<number> <unit>), or cron(<minute> <hour> <day> <month> <weekday> <year>)",
        )
    elif bus is not None and bus.rsplit("/", 1)[-1] != "default":
        yield Finding(
            property="scheduleExpression",
            value=f"set for a rule on the bus {bus!r}",
            allowed="a schedule on the default bus only",
            why=_REJECTED,
            fix="Leave eventBusName out, or use a scheduler.Schedule",
        )


def _is_schedule(schedule: str) -> bool:
    cron = _CRON.fullmatch(schedule)
    if cron is None:
        return _RATE.fullmatch(schedule) is not None
    fields = cron["fields"].split()
    return len(fields) == _CRON_FIELDS and (fields[2] == "?") is not (fields[4] == "?")


RULE = ResourceRule(
    name="eventbridge-rule-schedule",
    description="An event rule's schedule is a rate or a cron expression of EventBridge, on the default bus.",
    remediation="Write rate(5 minutes) or cron(0 3 * * ? *), and leave event_bus_name out.",
    types=frozenset({RULE_TYPE}),
    check=_check,
)
