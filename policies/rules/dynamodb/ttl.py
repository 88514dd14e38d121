"""The journal of agent runs removes its items by a time to live. Which other tables should, only their owners know."""

from collections.abc import Iterable

from policies.rules.accepted_values import is_true
from policies.rules.dynamodb.table import TABLE
from policies.rules.finding import Finding
from policies.rules.index import Index
from policies.rules.required_value import flag
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.stack.references.variables import TABLE as JOURNAL
from policies.rules.stack.references.variables import hosts
from policies.rules.values import lookup

_PROPERTY = "ttl.enabled"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    named = [
        index.find(host.variables[JOURNAL], (TABLE,)).resource for host in hosts(index) if JOURNAL in host.variables
    ]
    for table in index.of_types(TABLE):
        value = lookup(table.properties, *_PROPERTY.split("."))
        if table in named and not is_true(value):
            yield (
                table,
                Finding(
                    property=_PROPERTY,
                    value=flag(value),
                    allowed="true",
                    why="Items of runs, connections and sessions are kept for ever, at a cost, if nothing removes them",
                    fix="Name the attribute that holds the time of expiry, in seconds, and enable it",
                ),
            )


RULE = StackRule(
    name="dynamodb-table-ttl",
    description="A DynamoDB table that holds the journal of runs removes its items by a time to live.",
    remediation="Set ttl to an attribute with the time of expiry, and enable it.",
    severity=Severity.ADVISORY,
    check=_check,
)
