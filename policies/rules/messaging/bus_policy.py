"""Who may put events on a bus: never everyone, for an event starts a run."""

from collections.abc import Iterator

from policies.rules.finding import Finding
from policies.rules.messaging.resources.events import BUS_PERMISSION, BUS_POLICY
from policies.rules.open_policy import open_policy_findings
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup

_WHY = "Every AWS account may put events on the bus, and start runs that this account pays for"


def _check(resource: Resource) -> Iterator[Finding]:
    if resource.type == BUS_POLICY:
        yield from open_policy_findings(
            resource, rejected="EventBridge rejects the policy with a ValidationException", why=_WHY
        )
    elif lookup(resource.properties, "principal") == "*" and lookup(resource.properties, "condition") is None:
        yield Finding(
            property="principal",
            value="'*' without a condition",
            allowed="an account, or '*' with a condition on aws:PrincipalOrgID",
            why=_WHY,
            fix="Name the account that may publish",
        )


RULE = ResourceRule(
    name="eventbridge-bus-policy",
    description="An event bus is open to named accounts or one organisation only.",
    remediation="Name the accounts that may publish, or add a condition on aws:PrincipalOrgID.",
    types=frozenset({BUS_POLICY, BUS_PERMISSION}),
    check=_check,
)
