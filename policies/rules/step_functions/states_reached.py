"""States that nothing leads to."""

from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import levels, reached
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, by_definition, is_known


def reachability_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    if not is_known(definition):
        return
    for level in levels(definition):
        # A start that does not exist is reported by a rule of its own.
        unreached = set(level.states) - reached(level) if level.has(level.start) else set()
        for name in sorted(unreached):
            yield Finding(
                property=f"{level.path}.States.{name}",
                value="led to by no state",
                allowed="states that StartAt leads to",
                why=REJECTED,
                fix="Lead to it or remove it",
            )


RULE = ResourceRule(
    name="state-machine-states-reached",
    description="Every state of a state machine can be reached from its start.",
    remediation="Lead to the state, or remove it.",
    types=MACHINES,
    check=by_definition(reachability_findings),
)
