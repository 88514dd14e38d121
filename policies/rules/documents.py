"""JSON texts inside properties: policies, state machines, container definitions. Read once, judged by many rules.

What is not known yet inside a document is UNKNOWN. The returned data must not be changed.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NoReturn

from policies.rules.values import UNKNOWN_SENTINELS, plain

DEPTH: Final = 100
"""Levels of nesting that are read. What people and libraries write stays far below, and so rules may descend by
calls."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A text that is no JSON; `problem` completes "It is …" and shows no value."""

    problem: str


def document(value: object) -> Mapping[str, object] | None:
    """The object that a property holds as a text or as it is; None where it holds none or is not known."""
    found = _parse(value) if isinstance(value, str) else value
    return found if isinstance(found, Mapping) else None


def parsed(value: object) -> object:
    """The value of a JSON text of any kind; None where it is malformed, no text or not known."""
    found = _parse(value) if isinstance(value, str) else None
    return None if isinstance(found, Malformed) else found


def is_malformed(value: object) -> bool:
    """Whether a text ought to be an object and is not."""
    return isinstance(value, str) and document(value) is None


def json_problem(value: object) -> str | None:
    """Why a text is no JSON, for example `no JSON: Expecting value in line 1, column 2`; None where it is."""
    found = _parse(value) if isinstance(value, str) else None
    return found.problem if isinstance(found, Malformed) else None


@lru_cache(maxsize=64)
def _parse(text: str) -> object:
    try:
        found = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_reject_constant)
    except RecursionError:
        return Malformed(_too_deep())
    except json.JSONDecodeError as error:
        return Malformed(f"no JSON: {error.msg} in line {error.lineno}, column {error.colno}")
    except ValueError as error:
        return Malformed(f"no JSON: {error}")
    if _depth(found) > DEPTH:
        return Malformed(_too_deep())
    return plain(found) if any(mark in text for mark in UNKNOWN_SENTINELS) else found


def _too_deep() -> str:
    return f"JSON nested deeper than {DEPTH} levels"


def _without_repeats(members: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in members:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice in one object, where only one of them would count")
        found[key] = value
    return found


def _reject_constant(name: str) -> NoReturn:
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
