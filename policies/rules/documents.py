"""JSON texts inside properties: policies, state machines, container definitions. Read once, judged by many rules."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NoReturn

from policies.rules.values import UNKNOWN_SENTINELS, plain

MAXIMUM_DEPTH: Final = 100
"""Levels of nesting. What people and libraries write stays far below, and rules may descend without a stack of calls
that ends."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A text that is no document; `problem` completes a sentence about it and shows nothing of its values."""

    problem: str


@lru_cache(maxsize=64)
def document(given: str) -> object:
    """The value of a JSON text, or Malformed; what is not known yet inside it is UNKNOWN. Do not change the answer."""
    try:
        found = json.loads(given, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except RecursionError:
        return Malformed(_too_deep())
    except json.JSONDecodeError as error:
        return Malformed(f"no JSON: {error.msg} in line {error.lineno}, column {error.colno}")
    except ValueError as error:
        return Malformed(f"no JSON: {error}")
    if _depth(found) > MAXIMUM_DEPTH:
        return Malformed(_too_deep())
    return plain(found) if any(mark in given for mark in UNKNOWN_SENTINELS) else found


def _too_deep() -> str:
    return f"JSON nested deeper than {MAXIMUM_DEPTH} levels"


def _without_repeats(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) != len(members):
        seen: set[str] = set()
        repeated = next(key for key, _ in members if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {repeated!r} stands twice in one object, where only one of them counts")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def _depth(value: object) -> int:
    """Levels of objects and lists, without descending by calls."""
    depth, level = 0, [value]
    while level := [member for container in level for member in _members(container)]:
        depth += 1
    return depth


def _members(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
