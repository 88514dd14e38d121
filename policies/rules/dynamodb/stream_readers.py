"""What reads a table's stream: there has to be one, and its records have to show the item."""

from collections.abc import Iterable
from typing import Final

from policies.rules.dynamodb.table import TABLE
from policies.rules.finding import Finding
from policies.rules.references import companions
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import UNKNOWN, lookup

_READERS: Final = {
    "aws:lambda/eventSourceMapping:EventSourceMapping": "eventSourceArn",
    "aws:pipes/pipe:Pipe": "source",
}


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for table in stack.of_type(TABLE):
        for reader_type, prop in _READERS.items():
            for reader in companions(stack, (reader_type,), prop, table).known:
                finding = _finding(table, reader)
                if finding is not None:
                    yield table, finding


def _finding(table: Resource, reader: Resource) -> Finding | None:
    enabled = lookup(table.properties, "streamEnabled")
    if enabled is not UNKNOWN and enabled is not True:
        return Finding(
            property="streamEnabled",
            value="unset" if enabled is None else "false",
            allowed=f"true, since '{reader.name}' reads the table's stream",
            why="The table has no stream then, and the reader is rejected with a ResourceNotFoundException",
            fix="Set streamEnabled to true and streamViewType to NEW_IMAGE",
        )
    if lookup(table.properties, "streamViewType") == "KEYS_ONLY":
        return Finding(
            property="streamViewType",
            value="KEYS_ONLY",
            allowed=f"a view with the item, since '{reader.name}' reads the table's stream",
            why="A reader that sees keys only has to read each item again, and finds it changed or gone by then",
            fix="Set streamViewType to NEW_IMAGE",
        )
    return None


RULE = StackRule(
    name="dynamodb-table-stream-readers",
    description="A DynamoDB table whose stream is read has one, and its records show the item.",
    remediation="Set stream_enabled to true and stream_view_type to NEW_IMAGE on the table that is read.",
    check=_check,
)
