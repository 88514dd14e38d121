"""The capacity of a table that is not on demand: both numbers, which DynamoDB does not choose by itself."""

from collections.abc import Iterable, Iterator
from typing import Final

from policies.rules.aws_limits.dynamodb import MINIMUM_CAPACITY
from policies.rules.dynamodb.table import TABLE
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN, format_number, lookup

_PROPERTIES: Final = ("readCapacity", "writeCapacity")


def provisioned(table: Resource) -> bool:
    """Whether the table has a capacity of its own: what DynamoDB takes where no billing mode is given."""
    return lookup(table.properties, "billingMode") in (None, "PROVISIONED") and not _restored(table)


def _restored(table: Resource) -> bool:
    """A table restored from another may take over how it is billed."""
    sources = ("restoreSourceName", "restoreSourceTableArn", "restoreBackupArn")
    return any(lookup(table.properties, source) is not None for source in sources)


def _check(table: Resource) -> Iterable[Finding]:
    return _findings(table) if provisioned(table) else []


def _findings(table: Resource) -> Iterator[Finding]:
    for prop in _PROPERTIES:
        units = lookup(table.properties, prop)
        if units is UNKNOWN or (isinstance(units, int | float) and units >= MINIMUM_CAPACITY):
            continue
        yield Finding(
            property=prop,
            value=format_number(units) if isinstance(units, int | float) else "unset",
            allowed=f"{MINIMUM_CAPACITY} unit or more in billing mode PROVISIONED, the default",
            why="DynamoDB rejects a provisioned table without capacity with a ValidationException",
            fix="Set billingMode to PAY_PER_REQUEST, or both capacities",
        )


RULE = ResourceRule(
    name="dynamodb-table-capacity",
    description="A DynamoDB table is on demand or has a read and a write capacity.",
    remediation="Set billing_mode to PAY_PER_REQUEST, or read_capacity and write_capacity.",
    types=frozenset({TABLE}),
    check=_check,
)
