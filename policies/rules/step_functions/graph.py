"""A state machine's definition as a graph: the states of each level, where they lead, and which are reached."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

TERMINAL_TYPES: Final = frozenset({"Succeed", "Fail"})
STATE_TYPES: Final = frozenset({"Task", "Pass", "Choice", "Wait", "Parallel", "Map", *TERMINAL_TYPES})

State = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Level:
    """One StartAt with its States: the machine itself, a branch of a Parallel state, or a Map's processor. `path` is
    where it stands in the definition, `language` the query language of states that name none."""

    path: str
    start: object
    states: Mapping[str, State]
    language: str


def levels(definition: Mapping[str, object], path: str = "definition", language: str = "JSONPath") -> Iterator[Level]:
    """The level of this definition, then those inside its states."""
    spoken = _text(definition.get("QueryLanguage"), language)
    states = {name: state for name, state in _mapping(definition.get("States")).items() if isinstance(state, Mapping)}
    yield Level(path, definition.get("StartAt"), states, spoken)
    for name, state in states.items():
        inner = _text(state.get("QueryLanguage"), spoken)
        for place, nested in _nested(state):
            yield from levels(nested, f"{path}.States.{name}.{place}", inner)


def _nested(state: State) -> Iterator[tuple[str, Mapping[str, object]]]:
    for field in ("ItemProcessor", "Iterator"):
        if isinstance(processor := state.get(field), Mapping):
            yield field, processor
    branches = state.get("Branches")
    for index, branch in enumerate(branches if isinstance(branches, list) else []):
        if isinstance(branch, Mapping):
            yield f"Branches[{index}]", branch


def targets(state: State) -> Iterator[tuple[str, object]]:
    """(path in the state, name of the state it leads to) of every transition."""
    for field in ("Next", "Default"):
        if field in state:
            yield field, state[field]
    for field in ("Choices", "Catch"):
        rules = state.get(field)
        for index, rule in enumerate(rules if isinstance(rules, list) else []):
            if isinstance(rule, Mapping) and "Next" in rule:
                yield f"{field}[{index}].Next", rule["Next"]


def reached(level: Level) -> set[str]:
    """The names of the states that the start leads to."""
    waiting, found = [level.start], set[str]()
    while waiting:
        name = waiting.pop()
        if isinstance(name, str) and name in level.states and name not in found:
            found.add(name)
            waiting += [target for _, target in targets(level.states[name])]
    return found


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object, otherwise: str) -> str:
    return value if isinstance(value, str) else otherwise
