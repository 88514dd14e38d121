"""Validates a call against AWS's own service description: lengths, patterns, ranges and choices.

botocore checks few of these before it sends a call, and the emulator checks fewer.
"""

import re
from collections.abc import Iterator
from functools import cache

from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape

from sandbox.program.registration import Value

_SHOWN = 80
"""The number of characters of a value that an error message shows."""


class CallValidationError(ValueError):
    """An argument that the service would reject: its name, its value if that is not a secret, and what is allowed."""


def validate_call(params: dict[str, Value], model: OperationModel, **_: object) -> None:
    """A handler for botocore's event `before-parameter-build`. Raises CallValidationError for the first problem."""
    if model.input_shape is not None:
        for problem in _problems(model.input_shape, params, "", secret=False):
            raise CallValidationError(problem)


def _problems(shape: Shape, value: Value, path: str, secret: bool) -> Iterator[str]:
    secret = secret or bool(shape.metadata.get("sensitive"))
    match shape, value:
        case StructureShape(), dict():
            for name in [name for name in value if name in shape.members]:
                yield from _problems(shape.members[name], value[name], f"{path}.{name}" if path else name, secret)
        case MapShape(), dict():
            yield from _size_problems(shape, len(value), path, "entries")
            for key, member in value.items():
                yield from _problems(shape.key, key, f"a key of {path}", secret=False)
                yield from _problems(shape.value, member, f"{path}.{key}", secret)
        case ListShape(), list():
            yield from _size_problems(shape, len(value), path, "members")
            for index, member in enumerate(value):
                yield from _problems(shape.member, member, f"{path}[{index}]", secret)
        case StringShape(), str():
            yield from _size_problems(shape, len(value), path, "characters")
            yield from _string_problems(shape, value, path, secret)
        case _, int() | float() if not isinstance(value, bool):
            yield from _size_problems(shape, value, path, "")


def _size_problems(shape: Shape, size: float, path: str, unit: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and size < low) or (high is not None and size > high):
        allowed = " ".join(filter(None, [f"from {low}" if low else "", f"up to {high}" if high is not None else ""]))
        given = f"has {size:,} {unit}" if unit else f"is {size}"
        yield f"{path} {given}; allowed: {allowed}"


def _string_problems(shape: StringShape, value: str, path: str, secret: bool) -> Iterator[str]:
    pattern = shape.metadata.get("pattern")
    shown = "a secret" if secret else repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")
    if shape.enum and value not in shape.enum:
        yield f"{path} is {shown}; allowed: {', '.join(shape.enum)}"
    elif pattern and (compiled := _compiled(pattern)) and not compiled.fullmatch(value):
        yield f"{path} is {shown}; allowed: the pattern {pattern}"


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Returns None for the few patterns that are written for another language's regular expressions."""
    try:
        return re.compile(pattern)
    except re.error:
        return None
