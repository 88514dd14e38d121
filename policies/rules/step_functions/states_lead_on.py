"""Every state leads on or ends, and some state ends."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import PlacedState, State, levels, placed
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, by_definition
from policies.rules.values import UNKNOWN

_LEADING: Final = frozenset({"Task", "Pass", "Wait", "Parallel", "Map"})


def lead_on_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for state in placed(definition):
        if state.kind in _LEADING and not _leads_on(state):
            yield Finding(
                property=state.path,
                value="with both Next and End" if "Next" in state.state else "without Next and End",
                allowed="either Next or End: true",
                why=REJECTED,
                fix="Say where it leads, or that it is the last",
            )
    for level in levels(definition):
        if level.names and len(level.states) == len(level.names) and all(map(_is_in_between, level.states.values())):
            yield Finding(
                property=f"{level.path}.States",
                value="a circle that nothing leaves",
                allowed="at least one state that is Succeed, Fail or has End: true",
                why=REJECTED,
                fix="Say which state is the last",
            )


def _leads_on(state: PlacedState) -> bool:
    end = state.state.get("End")
    return end is UNKNOWN or ("Next" in state.state) != (end is True)


def _is_in_between(state: State) -> bool:
    """Returns whether it surely leads on; one that does neither is reported by another rule."""
    return "End" not in state and (state.get("Type") == "Choice" or "Next" in state)


RULE = ResourceRule(
    name="state-machine-states-lead-on",
    description="Every state of a state machine has either a Next or an End, and each level has a last state.",
    remediation="Give each Task, Pass, Wait, Parallel and Map either Next or End: true.",
    types=MACHINES,
    check=by_definition(lead_on_findings),
)
