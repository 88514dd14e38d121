"""A state machine's definition as a graph: the states of each level, where they lead, and which are reached."""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from policies.rules.values import UNKNOWN

TERMINAL_TYPES: Final = frozenset({"Succeed", "Fail"})
STATE_TYPES: Final = frozenset({"Task", "Pass", "Choice", "Wait", "Parallel", "Map", *TERMINAL_TYPES})
ALL_ERRORS: Final = "States.ALL"
_SHOWN: Final = 8
"""Names in a message: a definition of one megabyte has thousands."""

_LONGEST: Final = 80
"""Characters of a value in a message."""

State = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Level:
    """One StartAt with its States: the machine itself, a branch of a Parallel state, or a Map's processor. `path` is
    where it stands in the definition, `names` those of all states, `states` those that are known, `language` the query
    language of states that name none (empty where it is not known), `caught` whether a state around it catches all
    errors."""

    path: str
    start: object
    names: frozenset[str]
    states: Mapping[str, State]
    language: str
    caught: bool

    def language_of(self, state: State) -> str:
        return _language(state.get("QueryLanguage"), self.language)

    def has(self, name: object) -> bool:
        """Whether a state has this name; one that is not known might."""
        return name is UNKNOWN or (isinstance(name, str) and name in self.names)

    def listed(self) -> str:
        """The states to choose from, for a message."""
        return f"a state of {self.path}: {listed(self.names) or 'there is none'}"


@dataclass(frozen=True, slots=True)
class PlacedState:
    """A state where it stands."""

    path: str
    name: str
    state: State
    level: Level

    @property
    def kind(self) -> str:
        """Its type, empty where there is none or it is not known."""
        return _text(self.state.get("Type"), "")

    @property
    def language(self) -> str:
        return self.level.language_of(self.state)


def levels(definition: Mapping[str, object]) -> Iterator[Level]:
    """The level of this definition, then those inside its states."""
    return _levels(definition, "definition", "JSONPath", caught=False)


def _levels(definition: Mapping[str, object], path: str, language: str, *, caught: bool) -> Iterator[Level]:
    spoken = _language(definition.get("QueryLanguage"), language)
    given = _mapping(definition.get("States"))
    states = {name: state for name, state in given.items() if isinstance(state, Mapping)}
    level = Level(path, definition.get("StartAt"), frozenset(given), states, spoken, caught)
    yield level
    for name, state in states.items():
        safe = caught or catches_all(state)
        for place, nested in _nested(state):
            yield from _levels(nested, f"{path}.States.{name}.{place}", level.language_of(state), caught=safe)


def placed(definition: Mapping[str, object]) -> Iterator[PlacedState]:
    """Every known state of every level."""
    for level in levels(definition):
        for name, state in level.states.items():
            yield PlacedState(f"{level.path}.States.{name}", name, state, level)


def tasks(definition: Mapping[str, object]) -> Iterator[PlacedState]:
    return (found for found in placed(definition) if found.kind == "Task")


def handlers(state: State, field: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    """(path in the state, entry) of each known entry of `Retry`, `Catch` or `Choices`."""
    given = state.get(field)
    for index, entry in enumerate(given if isinstance(given, list) else []):
        if isinstance(entry, Mapping):
            yield f"{field}[{index}]", entry


def catches_all(state: State) -> bool:
    """Whether no error gets past it; what is not known yet might catch."""
    catch = state.get("Catch")
    if catch is UNKNOWN or UNKNOWN in _list(catch):
        return True
    caught = [catcher.get("ErrorEquals") for _, catcher in handlers(state, "Catch")]
    return any(errors is UNKNOWN or not {ALL_ERRORS, UNKNOWN}.isdisjoint(_hashable(errors)) for errors in caught)


def _nested(state: State) -> Iterator[tuple[str, Mapping[str, object]]]:
    for field in ("ItemProcessor", "Iterator"):
        if isinstance(processor := state.get(field), Mapping):
            yield field, processor
    yield from handlers(state, "Branches")


def targets(state: State) -> Iterator[tuple[str, object]]:
    """(path in the state, name of the state it leads to) of every transition."""
    for field in ("Next", "Default"):
        if field in state:
            yield field, state[field]
    for field in ("Choices", "Catch"):
        for path, rule in handlers(state, field):
            if "Next" in rule:
                yield f"{path}.Next", rule["Next"]


def reached(level: Level) -> set[str]:
    """The names of the states that the start leads to."""
    waiting, found = [level.start], set[str]()
    while waiting:
        name = waiting.pop()
        if isinstance(name, str) and name in level.states and name not in found:
            found.add(name)
            waiting += [target for _, target in targets(level.states[name])]
    return found


@lru_cache(maxsize=8)
def listed(names: frozenset[str]) -> str:
    """The first few names, and how many more there are."""
    known = sorted(names)
    more = f" and {len(known) - _SHOWN:,} more" if len(known) > _SHOWN else ""
    return f"{', '.join(known[:_SHOWN])}{more}"


def shown(value: object) -> str:
    """A value as a message shows it."""
    return "unset" if value is None else textwrap.shorten(repr(value), _LONGEST, placeholder=" …")


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _hashable(value: object) -> list[object]:
    return [member for member in _list(value) if isinstance(member, str) or member is UNKNOWN]


def _text(value: object, otherwise: str) -> str:
    return value if isinstance(value, str) else otherwise


def _language(value: object, otherwise: str) -> str:
    return "" if value is UNKNOWN else _text(value, otherwise)
