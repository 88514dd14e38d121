"""Variables that JSONata reads and nothing has assigned before: a misspelt name, or a value that comes too late."""

from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import listed, placed
from policies.rules.step_functions.states.jsonata import FUNCTIONS, is_expression, read, strings
from policies.rules.step_functions.states.machine import MACHINES, by_definition, is_known
from policies.rules.step_functions.states.variables import assigned, assigned_before

_RESERVED = frozenset({"states"})
_MISSPELT = "Correct the name, or give it a value by Assign in a state before"
_TOO_LATE = "Give it a value in a state before; an Assign sees the variables as they were when its state began"


def variable_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    if not is_known(definition):
        return
    states = list(placed(definition))
    anywhere = frozenset(name for state in states for name in assigned(state.state))
    before = assigned_before(definition)
    for state in states:
        own = before.get(state.path, anywhere)
        for path, text in strings(state.state) if state.language == "JSONata" else ():
            if not is_expression(text):
                continue
            found = read(text)
            free = (found.read | found.asked) - found.bound - FUNCTIONS - _RESERVED
            for name in sorted(free):
                if name not in anywhere:
                    yield _finding(f"{state.path}.{path}", name, "that some state assigns", anywhere, _MISSPELT)
                elif name not in own and name not in found.asked:
                    yield _finding(f"{state.path}.{path}", name, "assigned before this state", own, _TOO_LATE)


def _finding(prop: str, name: str, which: str, names: frozenset[str], fix: str) -> Finding:
    return Finding(
        property=prop,
        value=f"an expression that reads ${name}",
        allowed=f"the variables {which}: {listed(names) or 'there is none'}",
        why="The execution fails with States.QueryEvaluationError when it reaches this state",
        fix=fix,
    )


RULE = ResourceRule(
    name="state-machine-variables-assigned",
    description="Every variable that the JSONata of a state machine reads is assigned on some way to the state.",
    remediation="Correct the spelling, or assign the variable in a state that comes before.",
    types=MACHINES,
    check=by_definition(variable_findings),
)
