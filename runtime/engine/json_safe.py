"""What a model or a tool makes up, as JSON that every reader takes."""

import math
from collections.abc import Mapping
from typing import Final

MAX_DEPTH: Final = 64
"""Of lists and objects in each other: encoders recurse, and a thousand levels would end the run that meets them."""

_TOO_DEEP: Final = "…"


def plain(value: object, depth: int = MAX_DEPTH) -> object:
    """The value with null for numbers that JSON has no word for, and cut below so many levels."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item, depth - 1) for key, item in value.items()} if depth > 0 else _TOO_DEEP
    if isinstance(value, list | tuple):
        return [plain(item, depth - 1) for item in value] if depth > 0 else _TOO_DEEP
    return value
