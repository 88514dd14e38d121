"""A Choice of which nothing holds goes on."""

from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule, Severity
from policies.rules.step_functions.states.graph import placed
from policies.rules.step_functions.states.machine import MACHINES, by_definition


def default_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for state in placed(definition):
        if state.kind == "Choice" and "Default" not in state.state:
            yield Finding(
                property=f"{state.path}.Default",
                value="unset",
                allowed="the state for everything else",
                why="Without a match the state machine fails with States.NoChoiceMatched, which a Choice cannot catch",
                fix="Lead it to the state that ends the run, or to the one that is meant otherwise",
            )


RULE = ResourceRule(
    name="state-machine-choice-default",
    description="Every Choice has a Default.",
    remediation="Add a Default that ends the run or handles every other case.",
    severity=Severity.ADVISORY,
    types=MACHINES,
    check=by_definition(default_findings),
)
