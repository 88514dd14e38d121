"""Local secondary indexes: they put an end to how much one key may hold."""

from collections.abc import Iterable

from policies.rules.aws_limits.dynamodb import ITEM_COLLECTION_GB
from policies.rules.dynamodb.table import TABLE
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import members


def _check(table: Resource) -> Iterable[Finding]:
    indexes = members(table.properties, "localSecondaryIndexes")
    if not indexes:
        return []
    return [
        Finding(
            property="localSecondaryIndexes",
            value=f"{len(indexes)} of them",
            allowed="none",
            why=f"With one DynamoDB refuses writes to a partition key over {ITEM_COLLECTION_GB} GB, and cannot split "
            "a busy one",
            fix="Use a global secondary index",
        )
    ]


RULE = ResourceRule(
    name="dynamodb-table-local-index",
    description="A DynamoDB table has no local secondary index, which limits what one partition key can hold.",
    remediation="Use a global secondary index; a local one cannot be removed later.",
    severity=Severity.ADVISORY,
    types=frozenset({TABLE}),
    check=_check,
)
