"""Whether a table may go: decided for each table, and never in production."""

from collections.abc import Iterable
from typing import Final

from policies.rules.dynamodb.table import TABLE
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import UNKNOWN, lookup

_PRODUCTION: Final = frozenset({"prod", "production", "live"})


def _check(table: Resource) -> Iterable[Finding]:
    enabled = lookup(table.properties, "deletionProtectionEnabled")
    stage = lookup(table.properties, "tags", "stage")
    if enabled is True or enabled is UNKNOWN:
        return
    production = isinstance(stage, str) and stage.lower() in _PRODUCTION
    if enabled is None or production:
        yield Finding(
            property="deletionProtectionEnabled",
            value="unset (DynamoDB's default of false)" if enabled is None else f"false in stage {stage}",
            allowed="true" if production else "true, or false for a table that may go with its stack",
            why="A change that replaces the table, or a destroy of the wrong stack, removes every journal in it",
            fix="Set it to true; only a table whose loss no one minds has false",
        )


RULE = ResourceRule(
    name="dynamodb-table-deletion-protection",
    description="A DynamoDB table states whether it may be deleted; in production it may not.",
    remediation="Set deletion_protection_enabled to true, or to false where the table may go with its stack.",
    severity=Severity.ADVISORY,
    types=frozenset({TABLE}),
    check=_check,
)
