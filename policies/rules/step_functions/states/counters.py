"""How long a loop waits where it counts: a variable sums up its waits, and a Choice leaves it at a number."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.step_functions.states.graph import Level, State, handlers
from policies.rules.step_functions.states.loops import Loop
from policies.rules.values import UNKNOWN

_AT_LEAST: Final = re.compile(r"\$(?P<name>\w+) >= (?P<limit>\d+(?:\.\d+)?)")
_SET_AND_ADDED: Final = 2
"""Places that assign a variable which sums up waits: where it starts, and the wait."""


def counted_seconds(level: Level, loop: Loop) -> float:
    """The seconds of waiting after which a Choice leaves the loop: one of the conditions that it joins by `or` compares
    with a number a variable that the Wait adds its seconds to, and that only the state which starts it sets besides.
    Infinite where there is none, 0 where what is not known yet might be one."""
    wait = level.states[loop.states[0]]
    assigns = [state.get("Assign") for name in loop.states if (state := level.states[name]).get("Type") == "Wait"]
    choices = [choice for name in loop.states for choice in _choices(level.states[name])]
    if any(assign is UNKNOWN or UNKNOWN in _mapping(assign).values() for assign in assigns):
        return 0
    if any(UNKNOWN in (choice.get("Condition"), choice.get("Next")) for choice in choices):
        return 0
    sums = _sums(level, wait)
    leaving = [str(choice.get("Condition")) for choice in choices if choice.get("Next") not in loop.states]
    compared = [match for condition in leaving for match in _compared(condition)]
    return min((float(match["limit"]) for match in compared if match["name"] in sums), default=math.inf)


def _sums(level: Level, wait: State) -> set[str]:
    """The variables that sum up the seconds of a Wait."""
    seconds = _expression(wait.get("Seconds"))
    assigned = [name for state in level.states.values() for name in _assigned(state)]
    return {
        name
        for name, value in _mapping(wait.get("Assign")).items()
        if _expression(value) == f"${name} + {seconds}" and assigned.count(name) <= _SET_AND_ADDED
    }


def _compared(condition: str) -> Iterator[re.Match[str]]:
    """The comparisons each of which makes the condition true by itself."""
    text = _expression(condition)
    if "?" not in text:
        yield from filter(None, (_AT_LEAST.fullmatch(term.strip()) for term in text.split(" or ")))


def _choices(state: State) -> Iterator[Mapping[str, object]]:
    if state.get("Type") == "Choice":
        given = state.get("Choices")
        if given is UNKNOWN or (isinstance(given, list) and UNKNOWN in given):
            yield {"Condition": UNKNOWN}
        yield from (entry for _, entry in handlers(state, "Choices"))


def _assigned(state: State) -> Iterator[str]:
    entries = [entry for field in ("Catch", "Choices") for _, entry in handlers(state, field)]
    for holder in (state, *entries):
        yield from _mapping(holder.get("Assign"))


def _expression(value: object) -> str:
    return str(value).removeprefix("{%").removesuffix("%}").strip()


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
