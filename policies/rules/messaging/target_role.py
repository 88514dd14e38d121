"""The role by which EventBridge starts a state machine, a task or a job: those have no policy of their own."""

import re
from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.messaging.resources.queue import TARGET
from policies.rules.references import referred
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import lookup

_BY_ROLE: Final = re.compile(
    r"arn:[a-z-]+:(?:(?P<service>states|ecs|kinesis|firehose|batch|codebuild|codepipeline|execute-api):"
    r"|events:[^:]*:[^:]*:api-destination/)"
)
_TYPES: Final = {
    "aws:sfn/stateMachine:StateMachine": "a state machine",
    "aws:ecs/cluster:Cluster": "an ECS task",
    "aws:kinesis/stream:Stream": "a stream",
    "aws:batch/jobQueue:JobQueue": "a batch job",
}


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for target in stack.of_type(TARGET):
        kind = None if lookup(target.properties, "roleArn") else _needs_role(stack, target)
        if kind is not None:
            yield (
                target,
                Finding(
                    property="roleArn",
                    value=f"unset, while the target is {kind}",
                    allowed="the ARN of a role that events.amazonaws.com may assume",
                    why="EventBridge rejects such a target without a role with a ValidationException",
                    fix="Add a role that may start this one target, and name it",
                ),
            )


def _needs_role(stack: Stack, target: Resource) -> str | None:
    arn = lookup(target.properties, "arn")
    match = _BY_ROLE.match(arn) if isinstance(arn, str) else None
    if match is not None:
        return f"an ARN of {match['service']}" if match["service"] else "an API destination"
    found = (kind for kind, _ in _TYPES.items() if referred(target, "arn", arn, stack.of_type(kind)) is not None)
    return next((_TYPES[kind] for kind in found), None)


RULE = StackRule(
    name="eventbridge-target-role",
    description="A target that has no policy of its own, such as a state machine, has a role.",
    remediation="Set role_arn to a role with states:StartExecution, or the action that starts its target.",
    check=_check,
)
