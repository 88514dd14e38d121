"""Python values as DynamoDB's attribute values and back, and the names and values of expressions.

boto3's own serializer would bring Decimal into every number of the journal.
"""

import re
from collections.abc import Mapping
from typing import Any


def to_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _to_attribute(value) for name, value in item.items()}


def from_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _from_attribute(attribute) for name, attribute in attributes.items()}


def expressions(
    condition: str, change: str = "", values: Mapping[str, Any] | None = None, names: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The condition with its `#names` and `:values`; a name stands for itself unless `names` says otherwise."""
    words = re.findall(r"#\w+", f"{condition} {change}")
    request: dict[str, Any] = {
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {word: word[1:] for word in words} | dict(names or {}),
    }
    if values:
        request["ExpressionAttributeValues"] = to_attributes(values)
    return request


def _to_attribute(value: Any) -> dict[str, Any]:  # noqa: ANN401  whatever JSON can hold
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float():
            return {"N": repr(value)}
        case Mapping():
            return {"M": to_attributes(value)}
        case list() | tuple():
            return {"L": [_to_attribute(entry) for entry in value]}
    raise TypeError(f"a journal item cannot hold a {type(value).__name__}")


def _from_attribute(attribute: Mapping[str, Any]) -> Any:  # noqa: ANN401  whatever the item holds
    ((kind, value),) = attribute.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return float(value) if set(value) & set(".eE") else int(value)
        case "M":
            return from_attributes(value)
        case "L":
            return [_from_attribute(entry) for entry in value]
    return value
