"""The definition of a state machine: what would fail when it is created, or much later, when a run is half done."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.step_functions.fields import foreign_fields
from policies.rules.step_functions.graph import STATE_TYPES, TERMINAL_TYPES, Level, State, levels, reached, targets
from policies.rules.values import text

MACHINE: Final = "aws:sfn/stateMachine:StateMachine"
REFUSED: Final = "Step Functions refuses the state machine with InvalidDefinition"


def definition_problems(definition: Mapping[str, object]) -> list[str]:
    """One sentence for each thing in a definition that AWS would refuse, or by which a run could hang or be lost."""
    return [finding.sentence() for finding in definition_findings(definition)]


def definition_findings(definition: Mapping[str, object]) -> list[Finding]:
    return [finding for level in levels(definition) for finding in _level_findings(level)]


def _level_findings(level: Level) -> Iterator[Finding]:
    if not isinstance(level.start, str) or level.start not in level.states:
        yield Finding(
            property=f"{level.path}.StartAt",
            value=repr(level.start),
            allowed=_names(level),
            why=REFUSED,
            fix="Name the state that comes first",
        )
        return
    unreached = set(level.states) - reached(level)
    for name, state in level.states.items():
        path = f"{level.path}.States.{name}"
        if name in unreached:
            yield _finding(
                path, "led to by no state", "states that StartAt leads to", REFUSED, "Lead to it or remove it"
            )
        yield from _type_findings(path, state)
        yield from _target_findings(path, state, level)
        yield from _ending_findings(path, state)
        yield from _task_findings(path, state)
        for field in foreign_fields(state, _language(state, level)):
            why = "Step Functions refuses a field of the other query language, and an emulator ignores it"
            allowed = f"the fields of {_language(state, level)}"
            yield _finding(f"{path}.{field}", "set", allowed, why, "Say the same in the state's own query language")


def _type_findings(path: str, state: State) -> Iterator[Finding]:
    kind = state.get("Type")
    if kind not in STATE_TYPES:
        allowed = ", ".join(sorted(STATE_TYPES))
        yield _finding(f"{path}.Type", repr(kind), allowed, REFUSED, "Write one of them, in this spelling")


def _target_findings(path: str, state: State, level: Level) -> Iterator[Finding]:
    for field, target in targets(state):
        if target not in level.states:
            yield _finding(f"{path}.{field}", repr(target), _names(level), REFUSED, "Name a state of the same level")


def _ending_findings(path: str, state: State) -> Iterator[Finding]:
    kind = state.get("Type")
    if kind in TERMINAL_TYPES or kind == "Choice":
        return
    if ("Next" in state) == (state.get("End") is True):
        allowed = "either Next or End: true"
        given = "with both Next and End" if "Next" in state else "without Next and End"
        yield _finding(path, given, allowed, REFUSED, "Say where it leads, or that it is the last")


def _task_findings(path: str, state: State) -> Iterator[Finding]:
    if state.get("Type") != "Task":
        return
    if "TimeoutSeconds" not in state and "TimeoutSecondsPath" not in state:
        why = "Without it a task waits for a year for an answer that is lost"
        yield _finding(f"{path}.TimeoutSeconds", "unset", "seconds", why, "Set it a little over what the task may take")
    if not state.get("Catch"):
        why = "An error that nothing catches ends the machine, and the run that it carries stays open"
        fix = "Lead States.ALL to a state that ends the run"
        yield _finding(f"{path}.Catch", "unset", "at least one catcher", why, fix)
    heartbeat, timeout = state.get("HeartbeatSeconds"), state.get("TimeoutSeconds")
    if isinstance(heartbeat, int) and isinstance(timeout, int) and heartbeat >= timeout:
        allowed = f"less than the TimeoutSeconds of {timeout}"
        yield _finding(f"{path}.HeartbeatSeconds", str(heartbeat), allowed, REFUSED, "Lower it or raise TimeoutSeconds")


def _language(state: State, level: Level) -> str:
    own = state.get("QueryLanguage")
    return own if isinstance(own, str) else level.language


def _names(level: Level) -> str:
    return f"a state of {level.path}: {', '.join(sorted(level.states)) or 'there is none'}"


def _finding(prop: str, value: str, allowed: str, why: str, fix: str) -> Finding:
    return Finding(property=prop, value=value, allowed=allowed, why=why, fix=fix)


def parsed(machine: Resource) -> Mapping[str, object] | None:
    """The definition of a state machine; None where it is not known or no JSON object."""
    given = text(machine.properties, "definition")
    if given is None:
        return None
    try:
        found = json.loads(given)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _check(machine: Resource) -> Iterable[Finding]:
    if text(machine.properties, "definition") is None:
        return []
    definition = parsed(machine)
    if definition is None:
        allowed = "a JSON object in the Amazon States Language"
        return [_finding("definition", "no JSON object", allowed, REFUSED, "Write it with a JSON library")]
    return definition_findings(definition)


RULE = ResourceRule(
    name="state-machine-definition",
    description="Every state exists, is reached and ends or leads on; every task has a timeout and catches its errors.",
    remediation="Give each Task a TimeoutSeconds and a Catch for States.ALL, and lead every state somewhere.",
    types=frozenset({MACHINE}),
    check=_check,
)
