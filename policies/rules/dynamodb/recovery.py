"""A table that can be set back: the journal is the only record of what a run did."""

from collections.abc import Iterable

from policies.rules.dynamodb.table import TABLE
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import UNKNOWN, lookup


def _check(table: Resource) -> Iterable[Finding]:
    enabled = lookup(table.properties, "pointInTimeRecovery", "enabled")
    if enabled is True or enabled is UNKNOWN:
        return []
    return [
        Finding(
            property="pointInTimeRecovery.enabled",
            value="unset" if enabled is None else "false",
            allowed="true",
            why="What a faulty writer overwrites or deletes in a table without recovery is lost at once",
            fix="Enable point-in-time recovery, which reaches back 35 days",
        )
    ]


RULE = ResourceRule(
    name="dynamodb-table-recovery",
    description="A DynamoDB table can be recovered to any point in time of the last weeks.",
    remediation="Set point_in_time_recovery to {'enabled': True}.",
    severity=Severity.ADVISORY,
    types=frozenset({TABLE}),
    check=_check,
)
