"""Conditions that surely give something else than true or false."""

from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import handlers, placed
from policies.rules.step_functions.states.jsonata import is_expression
from policies.rules.step_functions.states.machine import MACHINES, by_definition
from policies.rules.step_functions.states.result_kind import BOOLEAN, kinds


def condition_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for state in placed(definition):
        if state.kind != "Choice" or state.language != "JSONata":
            continue
        for path, choice in handlers(state.state, "Choices"):
            condition = choice.get("Condition")
            if isinstance(condition, str) and is_expression(condition):
                for kind in sorted(kinds(condition) - {BOOLEAN, ""}):
                    yield Finding(
                        property=f"{state.path}.{path}.Condition",
                        value=f"an expression that gives {kind}",
                        allowed="an expression that gives true or false",
                        why="The execution fails with States.QueryEvaluationError, which a Choice cannot catch",
                        fix="Compare the value, or ask with $exists or $boolean",
                    )


RULE = ResourceRule(
    name="state-machine-conditions-boolean",
    description="The Condition of a choice gives true or false, not another value that JSONata takes for one.",
    remediation="Compare the value, as in $count($items) > 0, or make a boolean of it with $exists or $boolean.",
    types=MACHINES,
    check=by_definition(condition_findings),
)
