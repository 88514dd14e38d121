"""The names of states: short enough, and each only once in the whole machine."""

from collections.abc import Iterator, Mapping

from policies.rules.aws_limits.step_functions import STATE_NAME
from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import placed
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, by_definition


def name_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for state in placed(definition):
        if not STATE_NAME.allows(len(state.name)):
            yield Finding(
                property=state.path,
                value=f"a name of {len(state.name)} characters",
                allowed=str(STATE_NAME),
                why=REJECTED,
                fix="Shorten the name, and write the rest in a Comment",
            )
        if state.name in first:
            yield Finding(
                property=state.path,
                value=f"named like {first[state.name]}",
                allowed="names that no other state of the machine has, in whichever branch",
                why=REJECTED,
                fix="Rename one of them",
            )
        first.setdefault(state.name, state.path)


RULE = ResourceRule(
    name="state-machine-state-names",
    description="States have names of at most 80 characters, unique in a state machine, across all branches.",
    remediation="Shorten long names, and rename one of two states of the same name.",
    types=MACHINES,
    check=by_definition(name_findings),
)
