"""Fields that a state of its type has not: misspelt, or meant for another type."""

import difflib
from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.fields import MACHINE_FIELDS, STATE_FIELDS
from policies.rules.step_functions.states.graph import placed
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, by_definition


def field_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for field in definition:
        if field not in MACHINE_FIELDS:
            yield _finding("definition", field, "a state machine", MACHINE_FIELDS)
    for state in placed(definition):
        allowed = STATE_FIELDS.get(state.kind)
        for field in state.state if allowed is not None else ():
            if allowed is not None and field not in allowed:
                yield _finding(state.path, field, f"a {state.kind} state", allowed)


def _finding(path: str, field: str, owner: str, allowed: frozenset[str]) -> Finding:
    close = difflib.get_close_matches(field[:80], allowed, 1, 0.7)
    return Finding(
        property=f"{path}.{field}",
        value="set",
        allowed=f"the fields of {owner}",
        why=REJECTED,
        fix=f"Write {close[0]}, if that is meant" if close else "Remove it, or write it in a state that has it",
    )


RULE = ResourceRule(
    name="state-machine-state-fields",
    description="States have the fields of their type and no others, in the spelling of the Amazon States Language.",
    remediation="Correct the spelling, or move the field to a state of a type that has it.",
    types=MACHINES,
    check=by_definition(field_findings),
)
