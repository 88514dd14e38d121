"""A table's stream: on together with what its records show, or off."""

from collections.abc import Iterable

from policies.rules.aws_limits.dynamodb import STREAM_VIEWS
from policies.rules.dynamodb.table import TABLE
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN, lookup


def _check(table: Resource) -> Iterable[Finding]:
    enabled = lookup(table.properties, "streamEnabled")
    view = lookup(table.properties, "streamViewType")
    if UNKNOWN in (enabled, view):
        return
    # The provider takes an empty text for "not set".
    if enabled is True and view not in STREAM_VIEWS:
        yield Finding(
            property="streamViewType",
            value=repr(view) if view else "unset",
            allowed=", ".join(STREAM_VIEWS),
            why="DynamoDB rejects a stream without a view type with a ValidationException",
            fix="Set it to NEW_IMAGE for readers that need the item as written",
        )
    elif enabled is not True and view:
        yield Finding(
            property="streamEnabled",
            value="unset" if enabled is None else "false",
            allowed=f"true, with streamViewType {view}",
            why="A view without a stream does nothing: a reader of the table's changes receives none",
            fix="Set streamEnabled to true, or remove streamViewType",
        )


RULE = ResourceRule(
    name="dynamodb-table-stream",
    description="A DynamoDB table has a stream together with a view type, or neither.",
    remediation="Set stream_enabled and stream_view_type together.",
    types=frozenset({TABLE}),
    check=_check,
)
