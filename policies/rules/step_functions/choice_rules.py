"""Choices that can be judged: each asks one thing and leads somewhere."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import PlacedState, handlers, placed, shown
from policies.rules.step_functions.states.jsonata import is_expression
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, by_definition
from policies.rules.values import UNKNOWN

QUESTIONS: Final = ("Condition", "Variable", "And", "Or", "Not")


def choice_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for state in placed(definition):
        if state.kind != "Choice":
            continue
        given = state.state.get("Choices")
        if given is not UNKNOWN and not (isinstance(given, list) and given):
            yield _finding(state, "Choices", shown(given), "at least one choice")
        for path, choice in handlers(state.state, "Choices"):
            if "Next" not in choice:
                yield _finding(state, f"{path}.Next", "unset", "the state that it leads to")
            if [question in choice for question in QUESTIONS].count(True) != 1:
                yield _finding(state, path, "with none or several questions", f"one of {', '.join(QUESTIONS)}")
            elif not _is_condition(choice.get("Condition", True)):
                yield _finding(state, f"{path}.Condition", shown(choice["Condition"]), "{% … %} or true or false")


def _is_condition(value: object) -> bool:
    return value is UNKNOWN or isinstance(value, bool) or (isinstance(value, str) and is_expression(value))


def _finding(state: PlacedState, path: str, value: str, allowed: str) -> Finding:
    return Finding(
        property=f"{state.path}.{path}",
        value=value,
        allowed=allowed,
        why=REJECTED,
        fix="Give each choice one question and a Next",
    )


RULE = ResourceRule(
    name="state-machine-choice-rules",
    description="Every choice has one condition, an expression where it uses JSONata, and leads to a state.",
    remediation="Give each choice one of Condition, Variable, And, Or and Not, and a Next.",
    types=MACHINES,
    check=by_definition(choice_findings),
)
