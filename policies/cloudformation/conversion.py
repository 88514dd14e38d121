"""A known value of Pulumi's written as CloudFormation writes it. MISSING where that cannot be done."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from policies.cloudformation.documents import UnreadableError, document, has_unknown, known
from policies.cloudformation.mapping import Place
from policies.rules.values import UNKNOWN


class Missing(Enum):
    MISSING = "missing"


MISSING: Final = Missing.MISSING
"""Nothing can be written: the resource is not told in full."""


def is_unset(value: object, place: Place) -> bool:
    """Whether the value means that nothing is set: an empty text or list too, where nothing is required."""
    if value in ("", []) and not place.required:
        return True
    return any(value == unset and isinstance(value, bool) == isinstance(unset, bool) for unset in _unset(place))


def _unset(place: Place) -> list[object]:
    unset: list[object] = place.changes.get("unset", [])
    return unset


def changed(value: Any, changes: Mapping[str, Any]) -> Any:
    """The value after what the overlay says of it."""
    if "scale" in changes:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return value * changes["scale"] if is_number else MISSING
    if "values" in changes:
        name = str(value).lower() if isinstance(value, bool) else value
        return changes["values"].get(name, value) if isinstance(name, str) else MISSING
    if "item" in changes:
        return {name: value if given == "$" else given for name, given in changes["item"].items()}
    return value


def scalar(value: object, leaf: str) -> object:
    """A text, number or bool of the kind that CloudFormation has there; texts of numbers and bools are read."""
    match leaf, value:
        case "s", bool():
            return str(value).lower()
        case "s", int() | float():
            return str(int(value)) if value == int(value) else str(value)
        case "s", str():
            return value
        case "b", bool():
            return value
        case "b", "true" | "false":
            return value == "true"
        case (("i" | "n"), int() | float()) if not isinstance(value, bool):
            return int(value) if value == int(value) else value
        case (("i" | "n"), str()):
            return _number(value)
        case _:
            return MISSING


def _number(text: str) -> object:
    try:
        number = float(text)
        return int(number) if number == int(number) else number
    except (ValueError, OverflowError):
        return MISSING


def free(value: object, leaf: str) -> tuple[object, bool]:
    """Free data, or a JSON document given as text, and whether all of it was known and readable."""
    try:
        written = document(value) if leaf == "j" else known(value)
    except UnreadableError:
        return MISSING, False
    if written is UNKNOWN or (leaf == "j" and not isinstance(written, Mapping | list)):
        return MISSING, False
    return written, not has_unknown(value)
