"""The attribute by which items expire: named, and of a kind in which DynamoDB looks for a time."""

from collections.abc import Iterable

from policies.rules.dynamodb.table import TABLE, attribute_types
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN, lookup


def _check(table: Resource) -> Iterable[Finding]:
    if lookup(table.properties, "ttl", "enabled") is not True:
        return []
    name = lookup(table.properties, "ttl", "attributeName")
    if name is None or name == "":
        why = "DynamoDB rejects a time to live without an attribute with a ValidationException"
        return [_finding("unset", "the name of an attribute", why, "Name the attribute that holds the time of expiry")]
    kind = attribute_types(table).get(name) if isinstance(name, str) else None
    if kind is None or kind is UNKNOWN or kind == "N":
        return []
    why = "DynamoDB passes over items whose time is no number, in silence, so nothing ever expires"
    fix = "Expire by an attribute of its own that is no key, and write seconds since 1970 into it"
    return [_finding(f"{name!r}, a key of type {kind}", "an attribute of type N", why, fix)]


def _finding(value: str, allowed: str, why: str, fix: str) -> Finding:
    return Finding(property="ttl.attributeName", value=value, allowed=allowed, why=why, fix=fix)


RULE = ResourceRule(
    name="dynamodb-table-ttl-attribute",
    description="A DynamoDB table's time to live names an attribute, which holds a number.",
    remediation="Name an attribute that is no key, and write seconds since 1970 into it.",
    types=frozenset({TABLE}),
    check=_check,
)
