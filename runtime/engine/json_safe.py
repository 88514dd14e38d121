"""Output of models and tools as JSON that every reader accepts."""

import math
from collections.abc import Mapping
from typing import Final

MAX_DEPTH: Final = 64
"""Levels of nested lists and objects: encoders recurse, and a thousand levels would end the run."""

_TOO_DEEP: Final = "…"


def to_json_safe(value: object, depth: int = MAX_DEPTH) -> object:
    """The value with null for numbers that JSON cannot express, and cut below `depth` levels."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): to_json_safe(item, depth - 1) for key, item in value.items()} if depth > 0 else _TOO_DEEP
    if isinstance(value, list | tuple):
        return [to_json_safe(item, depth - 1) for item in value] if depth > 0 else _TOO_DEEP
    return value
