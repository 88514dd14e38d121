"""The declared attributes of a table: those of its keys, all of them and no other."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from policies.rules.aws_limits.dynamodb import ATTRIBUTE_TYPES
from policies.rules.dynamodb.table import TABLE, keys
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN, lookup, members

_REJECTED: Final = "DynamoDB rejects the table with a ValidationException"


def _check(table: Resource) -> Iterable[Finding]:
    declared = members(table.properties, "attributes")
    used = dict(keys(table))
    yield from _type_findings(declared)
    if UNKNOWN not in used.values():
        yield from _unused_findings(declared, list(used.values()))
    names = [_name(attribute) for attribute in declared]
    if lookup(table.properties, "attributes") is UNKNOWN or UNKNOWN in names:
        return
    for path, key in used.items():
        if key is not UNKNOWN and key not in names:
            shown = ", ".join(sorted(str(name) for name in names)) or "there is none"
            fix = "Declare the key in attributes with its type"
            yield Finding(path, repr(key), f"a declared attribute: {shown}", _REJECTED, fix)


def _type_findings(declared: Iterable[object]) -> Iterator[Finding]:
    for position, attribute in enumerate(declared):
        kind = attribute.get("type", "unset") if isinstance(attribute, Mapping) else UNKNOWN
        if kind is not UNKNOWN and kind not in ATTRIBUTE_TYPES:
            allowed = "S (text), N (number) or B (bytes)"
            yield Finding(f"attributes[{position}].type", repr(kind), allowed, _REJECTED, "Write one of the letters")


def _unused_findings(declared: Iterable[object], used: list[object]) -> Iterator[Finding]:
    for position, attribute in enumerate(declared):
        name = _name(attribute)
        if name is not UNKNOWN and name not in used:
            shown = ", ".join(sorted({str(key) for key in used}))
            fix = "Remove it: only keys of the table and its indexes are declared, items hold any other unasked"
            yield Finding(f"attributes[{position}].name", repr(name), f"keys only: {shown}", _REJECTED, fix)


def _name(attribute: object) -> object:
    return attribute.get("name") if isinstance(attribute, Mapping) else UNKNOWN


RULE = ResourceRule(
    name="dynamodb-table-attributes",
    description="A DynamoDB table declares exactly the attributes of its keys and its indexes' keys.",
    remediation="Declare each key once with its type, and nothing else.",
    types=frozenset({TABLE}),
    check=_check,
)
