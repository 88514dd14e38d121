"""A service takes a role for this account's resources only."""

from collections.abc import Iterator
from typing import Final

from policies.rules.finding import Finding
from policies.rules.foreign_names import service_of
from policies.rules.iam.statements.policy import ROLE, PlacedStatement, of_trust
from policies.rules.resource_policy import SOURCE_KEYS, narrowed_by, services
from policies.rules.rule import ResourceRule, Severity

_DEPUTIES: Final = frozenset(
    f"{service}.amazonaws.com"
    for service in ("bedrock", "bedrock-agentcore", "ecs-tasks", "events", "pipes", "scheduler", "states")
)
"""Services whose guides recommend to narrow the roles that they take. Lambda's does not: it sends no source."""


def _deputies(placed: PlacedStatement) -> Iterator[Finding]:
    if not placed.allows or narrowed_by(placed.statement, SOURCE_KEYS) is not False:
        return
    for service in services(placed.statement):
        if service_of(service) in _DEPUTIES:
            yield Finding(
                property=f"{placed.path}.Condition",
                value=f"without aws:SourceAccount and aws:SourceArn for {service}",
                allowed="a condition on aws:SourceAccount or aws:SourceArn",
                why="Another account could make the service act with this role (confused deputy)",
                fix="Add StringEquals on aws:SourceAccount and ArnLike on aws:SourceArn",
            )


RULE = ResourceRule(
    name="iam-trust-confused-deputy",
    description="A service that AWS documents for it takes a role for the own account's resources only.",
    remediation="Condition the trust on aws:SourceAccount and aws:SourceArn.",
    severity=Severity.ADVISORY,
    types=frozenset({ROLE}),
    check=of_trust(_deputies),
)
