"""A state machine may call what its tasks call."""

from collections.abc import Iterable, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.permissions import Permissions
from policies.rules.index import Index
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.machine_resources import named_by
from policies.rules.stack.references.denied import denied_finding, lacking
from policies.rules.stack.references.kinds import CLUSTER
from policies.rules.step_functions.states.graph import tasks
from policies.rules.step_functions.states.integration import Integration, integration_of
from policies.rules.step_functions.states.machine import MACHINE, parsed

_ACTIONS: Final[Mapping[str, str]] = {
    "lambda:invoke": "lambda:InvokeFunction",
    "sqs:sendMessage": "sqs:SendMessage",
    "sns:publish": "sns:Publish",
    "states:startExecution": "states:StartExecution",
    "events:putEvents": "events:PutEvents",
    "dynamodb:getItem": "dynamodb:GetItem",
    "dynamodb:putItem": "dynamodb:PutItem",
    "dynamodb:updateItem": "dynamodb:UpdateItem",
    "dynamodb:deleteItem": "dynamodb:DeleteItem",
    "dynamodb:query": "dynamodb:Query",
    "dynamodb:scan": "dynamodb:Scan",
    "s3:getObject": "s3:GetObject",
    "s3:putObject": "s3:PutObject",
    "s3:listObjectsV2": "s3:ListBucket",
    "secretsmanager:getSecretValue": "secretsmanager:GetSecretValue",
    "ecs:runTask": "ecs:RunTask",
}
"""The IAM action of an integration, also of the same name through an AWS SDK."""

_SDK_NAMES: Final = {"sfn": "states", "eventbridge": "events"}
_WHY: Final = "The task fails with AccessDenied in every execution, at the first one that reaches it"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    permissions = Permissions.of(index)
    for machine in index.of_types(MACHINE):
        definition, role = parsed(machine), permissions.role(machine, "roleArn")
        judged: set[tuple[str, str]] = set()
        for task in tasks(definition) if definition is not None and role is not None else ():
            action = _action(integration_of(task))
            for path, mention in named_by(task) if action is not None else ():
                target = index.find(mention.name, mention.kind.types).resource
                if action is None or role is None or target is None or (action, target.urn) in judged:
                    continue
                if target.type == CLUSTER:  # RunTask is allowed on task definitions
                    continue
                judged.add((action, target.urn))
                if lacking(permissions, role, (action,), target):
                    on = f"the {mention.kind.word} '{target.name}'"
                    yield machine, denied_finding(path, role, (action,), on, _WHY)


def _action(found: Integration | None) -> str | None:
    if found is None:
        return None
    service = _SDK_NAMES.get(found.service, found.service)
    return _ACTIONS.get(f"{service}:{found.action}")


RULE = StackRule(
    name="stack-machine-may-call-tasks",
    description="The role of a state machine allows what its tasks call, on the resources that they name.",
    remediation="Allow lambda:InvokeFunction, dynamodb:Query and their like on the ARNs in the definition.",
    check=_check,
)
