"""The names of AWS services that take roles."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import ROLE, PlacedStatement, of_trust
from policies.rules.resource_policy import services
from policies.rules.rule import ResourceRule

_FORM: Final = re.compile(r"[a-z0-9][a-z0-9.-]*\.(?:amazonaws\.com(?:\.cn)?|aws\.internal|amazon\.com|aws)")
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


def _services(placed: PlacedStatement) -> Iterator[Finding]:
    for service in services(placed.statement):
        renamed = _RENAMED.get(service.partition(".")[0].lower())
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
