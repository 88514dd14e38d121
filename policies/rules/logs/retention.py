"""How long a log is kept: said, because the default is for ever."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.logs.group import DELIVERY, LOG_GROUP
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import UNKNOWN, lookup


def _check(group: Resource) -> Iterable[Finding]:
    days = lookup(group.properties, "retentionInDays")
    if (days is not None and days != 0) or lookup(group.properties, "logGroupClass") in (DELIVERY, UNKNOWN):
        return []
    return [
        Finding(
            property="retentionInDays",
            value="unset (CloudWatch's default of never)" if days is None else "0, which is never",
            allowed="a number of days",
            why="Logs with questions and answers of people are kept, and paid for, for ever",
            fix="Set it to 14, or to what the law asks for",
        )
    ]


RULE = ResourceRule(
    name="log-group-retention",
    description="A log group removes its events after a time.",
    remediation="Set retention_in_days.",
    severity=Severity.ADVISORY,
    types=frozenset({LOG_GROUP}),
    check=_check,
)
