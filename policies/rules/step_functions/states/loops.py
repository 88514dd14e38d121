"""Loops that wait: the way from a Wait back to it, and how many history events a turn adds."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.rules.aws_limits.step_functions import EVENTS
from policies.rules.step_functions.states.graph import Level, State, handlers

_JUDGED: Final = 20
"""Waits of one level that are followed; each costs a walk through the level."""


@dataclass(frozen=True, slots=True)
class Loop:
    """The shortest cycle from a Wait back to it: its states in order, and the least events of one turn."""

    states: tuple[str, ...]
    events: int


def loops(level: Level) -> Iterator[Loop]:
    waits = [name for name, state in level.states.items() if state.get("Type") == "Wait"]
    for name in waits[:_JUDGED]:
        found = _shortest(level, name)
        # A state of which nothing is known might wait.
        if found is not None and all(isinstance(level.states[each].get("Type"), str) for each in found.states):
            yield found


def _shortest(level: Level, start: str) -> Loop | None:
    """Dijkstra's way from a state back to itself, counted in events."""
    before: dict[str, str] = {}
    done = set[str]()
    waiting = [(_events(level, start), start, "")]
    while waiting:
        events, name, previous = heapq.heappop(waiting)
        if name in done:
            continue
        if previous:
            before[name] = previous
            done.add(name)
        for target in set(_onward(level.states[name])):
            if target == start:
                return Loop(_way(before, start, name), events)
            if target in level.states and target not in done:
                heapq.heappush(waiting, (events + _events(level, target), target, name))
    return None


def _way(before: Mapping[str, str], start: str, last: str) -> tuple[str, ...]:
    way = [last]
    while way[-1] != start:
        way.append(before[way[-1]])
    return tuple(reversed(way))


def _events(level: Level, name: str) -> int:
    return EVENTS.get(str(level.states[name].get("Type")), 0)


def _onward(state: State) -> Iterator[str]:
    """Where a state leads that has not failed."""
    given = [state.get("Next"), state.get("Default"), *(rule.get("Next") for _, rule in handlers(state, "Choices"))]
    return (target for target in given if isinstance(target, str))
