"""Items that expire: without a time to live a table of runs grows for ever."""

from collections.abc import Iterable

from policies.rules.dynamodb.table import TABLE
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import UNKNOWN, lookup


def _check(table: Resource) -> Iterable[Finding]:
    enabled = lookup(table.properties, "ttl", "enabled")
    if enabled is True or enabled is UNKNOWN:
        return []
    return [
        Finding(
            property="ttl.enabled",
            value="unset" if enabled is None else "false",
            allowed="true",
            why="Items of runs, connections and sessions that nothing removes are kept, and paid for, for ever",
            fix="Name the attribute that holds the time of expiry, in seconds, and enable it",
        )
    ]


RULE = ResourceRule(
    name="dynamodb-table-ttl",
    description="A DynamoDB table removes its items by a time to live.",
    remediation="Set ttl to an attribute with the time of expiry, and enable it.",
    severity=Severity.ADVISORY,
    types=frozenset({TABLE}),
    check=_check,
)
