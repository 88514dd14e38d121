"""The form of an event pattern: objects lead to lists, and lists hold the values that an event may have."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.aws_limits.messaging import EVENT_OPERATORS
from policies.rules.values import UNKNOWN

ALTERNATIVES: Final = "$or"


def form_problems(pattern: Mapping[str, object], path: str = "") -> Iterator[tuple[str, str]]:
    """Yields the path and the description of each part that EventBridge would reject."""
    if not pattern:
        yield path, "an empty object"
    for key, value in pattern.items():
        inner = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            yield from form_problems(value, inner)
        elif isinstance(value, list) and key == ALTERNATIVES:
            for position, alternative in enumerate(value):
                if isinstance(alternative, Mapping):
                    yield from form_problems(alternative, f"{inner}[{position}]")
        elif isinstance(value, list):
            yield from _list_problems(value, inner)
        elif value is not UNKNOWN:
            yield inner, "a single value, outside a list"


def _list_problems(values: list[object], path: str) -> Iterator[tuple[str, str]]:
    if not values:
        yield path, "an empty list"
    for position, value in enumerate(values):
        if isinstance(value, list):
            yield f"{path}[{position}]", "a list in a list"
        elif isinstance(value, Mapping):
            unknown = [str(operator) for operator in value if operator not in EVENT_OPERATORS]
            if unknown or not value:
                yield f"{path}[{position}]", f"the operator {unknown[0]!r}" if unknown else "an empty object"


def names_source(pattern: Mapping[str, object]) -> bool:
    """Whether the pattern, or each of its alternatives, asks for a source or a kind of event."""
    if "source" in pattern or "detail-type" in pattern:
        return True
    alternatives = pattern.get(ALTERNATIVES)
    if not isinstance(alternatives, list):
        return alternatives is UNKNOWN
    return all(names_source(entry) if isinstance(entry, Mapping) else entry is UNKNOWN for entry in alternatives)
