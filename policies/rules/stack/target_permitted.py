"""EventBridge, with a target's role, may start the target."""

from collections.abc import Iterable, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.permissions import Permissions
from policies.rules.index import Index
from policies.rules.messaging.resources.events import BUS
from policies.rules.messaging.resources.queue import TARGET
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.references.denied import denied_finding, lacking
from policies.rules.step_functions.states.machine import MACHINE

_ACTIONS: Final[Mapping[str, str]] = {MACHINE: "states:StartExecution", BUS: "events:PutEvents"}
_WHY: Final = "EventBridge is denied at each event and puts it into the dead-letter queue, or drops it"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    permissions = Permissions.of(index)
    for target in index.of_types(TARGET):
        started = index.target(target, "arn", _ACTIONS).resource
        role = permissions.role(target, "roleArn")
        if started is None or role is None:
            continue
        missing = lacking(permissions, role, (_ACTIONS[started.type],), started)
        if missing:
            yield target, denied_finding("roleArn", role, missing, f"'{started.name}'", _WHY)


RULE = StackRule(
    name="stack-target-role-permits",
    description="The role of an event rule's target allows starting the state machine, or sending to the bus.",
    remediation="Allow states:StartExecution on the state machine's ARN to the role of the target.",
    check=_check,
)
