"""Where states lead: Next, Default, and the Next of choices and catchers."""

from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import placed, shown, targets
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, by_definition


def transition_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for state in placed(definition):
        for field, target in targets(state.state):
            if not state.level.has(target):
                yield Finding(
                    property=f"{state.path}.{field}",
                    value=shown(target),
                    allowed=state.level.listed(),
                    why=REJECTED,
                    fix="Name a state of the same level",
                )


RULE = ResourceRule(
    name="state-machine-transitions-exist",
    description="Every Next, Default and Catch of a state machine leads to a state of the same level.",
    remediation="Name a state of the same level; a branch cannot lead out of itself.",
    types=MACHINES,
    check=by_definition(transition_findings),
)
