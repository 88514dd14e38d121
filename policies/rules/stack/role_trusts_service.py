"""A role lets the service take it for which it is made."""

from collections.abc import Iterable, Mapping
from typing import Final

from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import ROLE, TRUST
from policies.rules.index import Index
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.messaging.resources.queue import PIPE, SCHEDULE, TARGET
from policies.rules.resource_policy import admits, statements
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.step_functions.states.machine import MACHINE
from policies.rules.values import UNKNOWN, lookup

_TASK_DEFINITION: Final = "aws:ecs/taskDefinition:TaskDefinition"
_TAKERS: Final[Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]] = {
    FUNCTION: ((("role",), "lambda.amazonaws.com"),),
    MACHINE: ((("roleArn",), "states.amazonaws.com"),),
    TARGET: ((("roleArn",), "events.amazonaws.com"),),
    SCHEDULE: ((("target", "roleArn"), "scheduler.amazonaws.com"),),
    PIPE: ((("roleArn",), "pipes.amazonaws.com"),),
    _TASK_DEFINITION: (
        (("taskRoleArn",), "ecs-tasks.amazonaws.com"),
        (("executionRoleArn",), "ecs-tasks.amazonaws.com"),
    ),
}
"""By type: where its role stands, and the service that takes it."""


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    for resource in stack.resources:
        for path, service in _TAKERS.get(resource.type, ()):
            role = index.named(resource, path[0], lookup(resource.properties, *path), (ROLE,)).resource
            if role is not None and _lets_in(role, service) is False:
                yield (
                    resource,
                    Finding(
                        property=".".join(path),
                        value=f"the role '{role.name}', which {service} may not take",
                        allowed=f"a role whose trust policy names {service}",
                        why="AWS rejects it as a role that cannot be assumed, or denies every call at run time",
                        fix=f"Add {service} to the trust policy of '{role.name}', or name the role that is meant",
                    ),
                )


def _lets_in(role: Resource, service: str) -> bool | None:
    trust = document(lookup(role.properties, TRUST))
    given = None if trust is None else trust.get("Statement")
    if trust is None or given is UNKNOWN or (isinstance(given, list) and UNKNOWN in given):
        return None
    answers = [admits(statement, service, "sts:AssumeRole") for statement in statements(trust)]
    return True if True in answers else None if None in answers else False


RULE = StackRule(
    name="stack-role-trusts-service",
    description="The role of a function, state machine, target or task can be assumed by the service that uses it.",
    remediation="Give each resource its own role, with a trust policy that names the resource's service.",
    check=_check,
)
