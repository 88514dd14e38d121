"""Variables that JSONata reads and nothing assigns: mostly a misspelt name."""

from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import State, handlers, listed, placed
from policies.rules.step_functions.states.jsonata import FUNCTIONS, is_expression, read, strings
from policies.rules.step_functions.states.machine import MACHINES, by_definition, is_known

_RESERVED = frozenset({"states"})


def variable_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    if not is_known(definition):
        return
    states = list(placed(definition))
    assigned = frozenset(name for state in states for name in _assigned(state.state))
    known = assigned | FUNCTIONS | _RESERVED
    for state in states:
        for path, text in strings(state.state) if state.language == "JSONata" else ():
            if is_expression(text):
                found = read(text)
                for name in sorted(found.read - found.bound - known):
                    yield _finding(f"{state.path}.{path}", name, assigned)


def _assigned(state: State) -> Iterator[str]:
    """The names that a state gives values to."""
    entries = [entry for field in ("Catch", "Choices") for _, entry in handlers(state, field)]
    for holder in (state, *entries):
        assign = holder.get("Assign")
        if isinstance(assign, Mapping):
            yield from (name.removesuffix(".$") for name in assign)


def _finding(prop: str, name: str, assigned: frozenset[str]) -> Finding:
    return Finding(
        property=prop,
        value=f"an expression that reads ${name}",
        allowed=f"the variables that some state assigns: {listed(assigned) or 'there is none'}",
        why="The execution fails with States.QueryEvaluationError when it reaches this state",
        fix="Correct the name, or give it a value by Assign in a state before",
    )


RULE = ResourceRule(
    name="state-machine-variables-assigned",
    description="Every variable that the JSONata of a state machine reads is assigned in some state.",
    remediation="Correct the spelling, or assign the variable in a state that comes before.",
    types=MACHINES,
    check=by_definition(variable_findings),
)
