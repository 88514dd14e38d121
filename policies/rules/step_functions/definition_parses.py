"""A definition is one JSON object with states in it, and not too long."""

from collections.abc import Iterable

from policies.rules.aws_limits.step_functions import DEFINITION
from policies.rules.documents import document, json_problem
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.step_functions.states.machine import MACHINES, REJECTED
from policies.rules.values import UNKNOWN

PROPERTY = "definition"


def _check(machine: Resource) -> Iterable[Finding]:
    given = machine.properties.get(PROPERTY)
    if not isinstance(given, str):
        return
    definition = document(given)
    if len(given) > DEFINITION.maximum:
        fix = "Keep data in S3 and pass its key, and move parts into state machines of their own"
        yield _finding(f"{len(given):,} characters", f"at most {DEFINITION.maximum:,}", fix)
    elif definition is None:
        yield _finding(json_problem(given) or "JSON, but no object")
    elif not _has_states(definition.get("States")):
        yield _finding("an object without States")


def _has_states(states: object) -> bool:
    return states is UNKNOWN or (isinstance(states, dict) and bool(states))


def _finding(
    value: str,
    allowed: str = "a JSON object in the Amazon States Language",
    fix: str = "Write it with a JSON library",
) -> Finding:
    return Finding(property=PROPERTY, value=value, allowed=allowed, why=REJECTED, fix=fix)


RULE = ResourceRule(
    name="state-machine-definition",
    description="The definition of a state machine is a JSON object with states, of at most 1,048,576 characters.",
    remediation="Build the definition as a dict, write it with json.dumps, and keep data out of it.",
    types=MACHINES,
    check=_check,
)
