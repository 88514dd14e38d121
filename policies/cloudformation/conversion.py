"""A known value of Pulumi's written as CloudFormation writes it. MISSING where that cannot be done."""

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, TypeGuard

from policies.cloudformation.documents import UnreadableError, document, has_unknown, known
from policies.cloudformation.mapping import PropertyPath
from policies.rules.values import UNKNOWN


class Missing(Enum):
    MISSING = "missing"


MISSING: Final = Missing.MISSING
"""Nothing can be written: the resource is not known in full."""


def is_unset(value: object, target: PropertyPath) -> bool:
    """Whether the value means that nothing is set: an empty text or list too, where nothing is required."""
    if value in ("", []) and not target.required:
        return True
    return any(value == unset and isinstance(value, bool) == isinstance(unset, bool) for unset in _unset(target))


def _unset(target: PropertyPath) -> list[object]:
    unset: list[object] = target.changes.get("unset", [])
    return unset


def changed(value: object, changes: Mapping[str, Any]) -> object:
    """Returns the value, changed as the overlay demands."""
    if "values" in changes:
        return _renamed(value, changes["values"])
    if "item" in changes:
        return {name: value if given == "$" else given for name, given in changes["item"].items()}
    if "scale" in changes:
        return value * changes["scale"] if _is_number(value) else MISSING
    return value


def _renamed(value: object, names: Mapping[str, str]) -> object:
    """What an enum calls the value: one that it does not know stays, one that it calls "" has no counterpart."""
    name = str(value).lower() if isinstance(value, bool) else value
    return names.get(name, name) or MISSING if isinstance(name, str) else MISSING


def scalar(value: object, leaf: str) -> object:
    """A text (s), bool (b) or number (i, n), as CloudFormation has it there; texts of numbers and bools are read."""
    match leaf:
        case "s":
            return _text(value)
        case "b":
            return {"true": True, "false": False}.get(_text(value), MISSING)
        case _:
            return _number(value)


def _text(value: object) -> Any:  # noqa: ANN401  text or MISSING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(_number(value)) if math.isfinite(value) else MISSING
    return str(value) if isinstance(value, str | int) else MISSING


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return MISSING
    try:
        number = float(value)
    except ValueError:
        return MISSING
    if not math.isfinite(number):
        return MISSING
    return int(number) if number.is_integer() else number


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def free(value: object, leaf: str) -> tuple[object, bool]:
    """Free data, or a JSON document given as text, and whether all of it was known and readable."""
    try:
        written = document(value) if leaf == "j" else known(value)
    except UnreadableError:
        return MISSING, False
    if written is UNKNOWN or (leaf == "j" and not isinstance(written, Mapping | list)):
        return MISSING, False
    return written, not has_unknown(value)
