"""The periods that a log can be kept: CloudWatch has 22 of them and no other."""

from collections.abc import Iterable

from policies.rules.aws_limits.logs import RETENTION_DAYS
from policies.rules.finding import Finding
from policies.rules.logs.group import LOG_GROUP
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import format_number, number


def _check(group: Resource) -> Iterable[Finding]:
    days = number(group.properties, "retentionInDays")
    if days is None or days == 0 or days in RETENTION_DAYS:
        return []
    longer = next((period for period in RETENTION_DAYS if period > days), RETENTION_DAYS[-1])
    return [
        Finding(
            property="retentionInDays",
            value=format_number(days),
            allowed=", ".join(str(period) for period in RETENTION_DAYS),
            why="CloudWatch rejects other periods with InvalidParameterException",
            fix=f"Set it to {longer}",
        )
    ]


RULE = ResourceRule(
    name="log-group-retention-period",
    description="A log group's retention is one of the periods that CloudWatch has.",
    remediation="Choose a period of the list, for example 14, 30 or 365 days.",
    types=frozenset({LOG_GROUP}),
    check=_check,
)
