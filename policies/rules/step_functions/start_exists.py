"""Where a state machine, a branch and a Map's processor begin."""

from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import levels, shown
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, by_definition


def start_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for level in levels(definition):
        if level.names and not level.has(level.start):
            yield Finding(
                property=f"{level.path}.StartAt",
                value=shown(level.start),
                allowed=level.listed(),
                why=REJECTED,
                fix="Name the state that comes first",
            )


RULE = ResourceRule(
    name="state-machine-start-exists",
    description="StartAt of a state machine, of a branch and of a Map's processor names one of its states.",
    remediation="Name the state that comes first.",
    types=MACHINES,
    check=by_definition(start_findings),
)
