"""What the rules of this folder know about a table: its type, its keys and its attributes."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.rule import Resource
from policies.rules.values import UNKNOWN, lookup, members

TABLE: Final = "aws:dynamodb/table:Table"
_INDEXES: Final = ("globalSecondaryIndexes", "localSecondaryIndexes")
_KEYS: Final = ("hashKey", "rangeKey")


def keys(table: Resource) -> Iterator[tuple[str, object]]:
    """The path and the value of every key of the table and of its indexes that is set; a value may be UNKNOWN, and so
    may be a whole list of indexes."""
    for key in _KEYS:
        yield from _set(key, lookup(table.properties, key))
    for prop in _INDEXES:
        if lookup(table.properties, prop) is UNKNOWN:
            yield prop, UNKNOWN
        for position, index in enumerate(members(table.properties, prop)):
            yield from _index_keys(f"{prop}[{position}]", index)


def attribute_types(table: Resource) -> dict[str, object]:
    """The declared attributes, name to type, as far as the names are known."""
    declared = (item for item in members(table.properties, "attributes") if isinstance(item, Mapping))
    return {item["name"]: item.get("type") for item in declared if isinstance(item.get("name"), str)}


def _index_keys(path: str, index: object) -> Iterator[tuple[str, object]]:
    if not isinstance(index, Mapping):
        yield path, UNKNOWN
        return
    for key in _KEYS:
        yield from _set(f"{path}.{key}", index.get(key))
    schemas = index.get("keySchemas")
    if schemas is UNKNOWN:
        yield f"{path}.keySchemas", UNKNOWN
    for position, schema in enumerate(schemas if isinstance(schemas, list) else []):
        value = schema.get("attributeName") if isinstance(schema, Mapping) else UNKNOWN
        yield from _set(f"{path}.keySchemas[{position}].attributeName", value)


def _set(path: str, value: object) -> Iterator[tuple[str, object]]:
    if value is not None:
        yield path, value
