"""What every rule of this folder starts from: the type of a state machine, and its definition where there is one."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.rule import Resource
from policies.rules.values import UNKNOWN

MACHINE: Final = "aws:sfn/stateMachine:StateMachine"
MACHINES: Final = frozenset({MACHINE})
REJECTED: Final = "Step Functions rejects the state machine with InvalidDefinition"


def parsed(machine: Resource) -> Mapping[str, object] | None:
    """The definition of a state machine; None where it is not known or no JSON object."""
    return document(machine.properties.get("definition"))


def by_definition(
    judge: Callable[[Mapping[str, object]], Iterable[Finding]],
) -> Callable[[Resource], Iterable[Finding]]:
    """The check of a rule that judges the definition by itself."""

    def check(machine: Resource) -> Iterable[Finding]:
        definition = parsed(machine)
        return () if definition is None else judge(definition)

    return check


def is_known(definition: Mapping[str, object]) -> bool:
    """Returns whether everything in a definition is known, for rules about what is missing in the whole of it."""
    waiting: list[object] = [definition]
    while waiting:
        value = waiting.pop()
        if value is UNKNOWN:
            return False
        if isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return True
