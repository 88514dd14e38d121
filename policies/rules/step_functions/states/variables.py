"""Which variables may have a value when a state begins."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.step_functions.states.graph import Level, State, handlers, levels

_NONE: Final[frozenset[str]] = frozenset()


def assigned(state: State) -> frozenset[str]:
    """The names that a state gives values to, by any of its Assign fields."""
    entries = [entry for field in ("Catch", "Choices") for _, entry in handlers(state, field)]
    return _NONE.union(*(_names(holder) for holder in (state, *entries)))


def assigned_before(definition: Mapping[str, object]) -> dict[str, frozenset[str]]:
    """Returns for each state that is reached, by its path, the variables that some way to it gives a value to.

    A state sees the values from before it: those of its own Assign begin with the next state. States in a branch or a
    Map see the variables around them, and keep their own.
    """
    found: dict[str, frozenset[str]] = {}
    for level in levels(definition):
        around = found.get(level.path.rpartition(".")[0], _NONE)
        found |= {f"{level.path}.States.{name}": names for name, names in _of_level(level, around).items()}
    return found


def _of_level(level: Level, around: frozenset[str]) -> dict[str, frozenset[str]]:
    if not isinstance(level.start, str) or level.start not in level.states:
        return {}
    found = {level.start: around}
    waiting = [level.start]
    while waiting:
        name = waiting.pop()
        for target, names in _ways(level.states[name]):
            before = found.get(target)
            after = (before or _NONE) | found[name] | names
            if target in level.states and after != before:
                found[target] = after
                waiting.append(target)
    return found


def _ways(state: State) -> Iterator[tuple[str, frozenset[str]]]:
    """Where a state leads, with what is assigned on the way."""
    own = _names(state)
    ways = [(state.get(field), own) for field in ("Next", "Default")]
    ways += [(choice.get("Next"), own | _names(choice)) for _, choice in handlers(state, "Choices")]
    ways += [(catcher.get("Next"), _names(catcher)) for _, catcher in handlers(state, "Catch")]
    yield from ((target, names) for target, names in ways if isinstance(target, str))


def _names(holder: Mapping[str, object]) -> frozenset[str]:
    given = holder.get("Assign")
    return frozenset(name.removesuffix(".$") for name in given) if isinstance(given, Mapping) else _NONE
