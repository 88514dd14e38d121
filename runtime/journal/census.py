"""Counts runs by status and open connections, for operators.

No index serves it: one by status would have a few hot keys that every run's writes would share, and would be paid for
by each run. The scan is bounded by its caller, which tells whether it has seen the whole table.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from contract.events import Status
from runtime.journal.items import EXPIRY, HEAD, PARTITION_KEY, RUNS, SORT_KEY

_CONNECTIONS: Final = "CONNECTION#"


def scan_arguments(table: str, now: float) -> dict[str, Any]:
    """Arguments of DynamoDB's Scan for the heads of runs and connections that have not expired, without their data."""
    return {
        "TableName": table,
        "FilterExpression": "#sk = :head AND (begins_with(#pk, :runs) OR begins_with(#pk, :connections)) "
        "AND (attribute_not_exists(#expiry) OR #expiry > :now)",
        "ProjectionExpression": "#pk, #status",
        "ExpressionAttributeNames": {
            "#pk": PARTITION_KEY,
            "#sk": SORT_KEY,
            "#expiry": EXPIRY,
            "#status": "status",
        },
        "ExpressionAttributeValues": {
            ":head": {"S": HEAD},
            ":runs": {"S": RUNS},
            ":connections": {"S": _CONNECTIONS},
            ":now": {"N": str(int(now))},
        },
    }


@dataclass
class Census:
    """The counts so far. `runs` has every status."""

    connections: int = 0
    runs: Counter[str] = field(default_factory=lambda: Counter({status.value: 0 for status in Status}))

    def add(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Adds a page of the scan's items, in DynamoDB's types."""
        for item in items:
            if item[PARTITION_KEY]["S"].startswith(RUNS):
                self.runs[item["status"]["S"]] += 1
            else:
                self.connections += 1
