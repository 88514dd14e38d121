"""The names of AWS services that take roles."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.aws_limits.partitions import PARTITIONS, STANDARD, SUFFIX
from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import ROLE, PlacedStatement, of_trust
from policies.rules.resource_policy import services
from policies.rules.rule import ResourceRule

_FORM: Final = re.compile(rf"[a-z0-9][a-z0-9.-]*\.(?:{SUFFIX}|aws\.internal|amazon\.com|aws)")
_OTHER_SUFFIXES: Final = frozenset(partition.suffix for partition in PARTITIONS) - {STANDARD.suffix}
_RENAMED: Final[Mapping[str, str]] = {
    "agentcore": "bedrock-agentcore",
    "bedrock-agent-core": "bedrock-agentcore",
    "bedrockagentcore": "bedrock-agentcore",
    "cloudwatch-events": "events",
    "ecs-task": "ecs-tasks",
    "ecstasks": "ecs-tasks",
    "eventbridge": "events",
    "sfn": "states",
    "step-functions": "states",
    "stepfunctions": "states",
}
"""Names that are no service principals, and what is meant."""

_UNIVERSAL: Final = frozenset({"apigateway", "bedrock-agentcore", "ecs-tasks", "lambda", "s3"})
"""Services whose principal ends in amazonaws.com in China too; others, such as ec2, have the partition's suffix."""


def _services(placed: PlacedStatement) -> Iterator[Finding]:
    for service in services(placed.statement):
        name, _, suffix = service.partition(".")
        renamed = _RENAMED.get(name.lower())
        if name in _UNIVERSAL and suffix in _OTHER_SUFFIXES:
            renamed = name
        if _FORM.fullmatch(service) is None or renamed is not None:
            yield Finding(
                property=f"{placed.path}.Principal",
                value=repr(service[:80]),
                allowed="a service principal such as lambda.amazonaws.com",
                why="IAM rejects the role: Invalid principal in policy",
                fix=f"Use {renamed}.amazonaws.com" if renamed else "Use the principal that the service's guide names",
            )


RULE = ResourceRule(
    name="iam-trust-service-principals",
    description="Trust policies name services by principals that exist.",
    remediation="Use lambda, states, events, scheduler, ecs-tasks or bedrock-agentcore with .amazonaws.com.",
    types=frozenset({ROLE}),
    check=of_trust(_services),
)
