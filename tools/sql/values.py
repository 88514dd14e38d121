"""Values of a result as JSON has them, none rounded: what JSON has no form for is text as DuckDB writes it."""

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tools.tables.names import quoted

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

_NUMBERS: Final = frozenset(
    {
        "boolean",
        "tinyint",
        "smallint",
        "integer",
        "bigint",
        "hugeint",
        "utinyint",
        "usmallint",
        "uinteger",
        "ubigint",
        "uhugeint",
        "float",
        "double",
        "decimal",
    }
)


def exact_type(kind: "DuckDBPyType") -> str:
    """The type to cast a value to so that Python gets all of it: intervals, times, enums and binary values become
    text, and so do the keys of maps; numbers stay, and lists, structs and unions of these."""
    name = kind.id
    if name in _NUMBERS:
        return str(kind)
    if name not in {"list", "array", "struct", "tuple", "map", "union"}:
        return "VARCHAR"
    # A union's first child, without a name, is its tag; an array's second one is its size.
    children: list[tuple[str, Any]] = [(child, found) for child, found in kind.children if name != "union" or child]
    if name in {"list", "array"}:
        return f"{exact_type(children[0][1])}[{children[1][1] if name == 'array' else ''}]"
    if name == "map":
        return f"MAP(VARCHAR, {exact_type(children[1][1])})"
    parts = (f"{quoted(child)} {exact_type(found)}" if child else exact_type(found) for child, found in children)
    return f"{name.upper()}({', '.join(parts)})"


def to_json(value: object) -> object:
    """A value of an exact type in JSON values. A decimal that a float would round is text, and so are NaN and the
    infinities."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _special(value)
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(repr(number)) == value else format(value, "f")
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    return str(value)


def cut(value: object, limit: int) -> object:
    """The value, or the beginning of its text or of its JSON if that has more characters."""
    if isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False)
        return value if len(text) <= limit else f"{text[: limit - 1]}…"
    return f"{value[: limit - 1]}…" if isinstance(value, str) and len(value) > limit else value


def _special(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
