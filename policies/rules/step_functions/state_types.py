"""The kinds of states that there are."""

from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import STATE_TYPES, placed, shown
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, by_definition
from policies.rules.values import UNKNOWN


def type_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for state in placed(definition):
        given = state.state.get("Type")
        if given is not UNKNOWN and state.kind not in STATE_TYPES:
            yield Finding(
                property=f"{state.path}.Type",
                value=shown(given),
                allowed=", ".join(sorted(STATE_TYPES)),
                why=REJECTED,
                fix="Write one of them, in this spelling",
            )


RULE = ResourceRule(
    name="state-machine-state-types",
    description="Every state is a Task, Pass, Choice, Wait, Parallel, Map, Succeed or Fail.",
    remediation="Write the type in the spelling of the Amazon States Language.",
    types=MACHINES,
    check=by_definition(type_findings),
)
