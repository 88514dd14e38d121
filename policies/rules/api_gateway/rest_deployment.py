"""A REST API's changes are deployed."""

from collections.abc import Iterable

from policies.rules.api_gateway.api import REST_DEPLOYMENT
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import lookup


def _check(deployment: Resource) -> Iterable[Finding]:
    if lookup(deployment.properties, "triggers") not in (None, {}):
        return []
    finding = Finding(
        property="triggers",
        value="unset",
        allowed="something that changes with the API, for example a hash of its methods and integrations",
        why="A deployment is a snapshot: later changes of methods are stored and never go live",
        fix="Set triggers to a hash of what the API is made of",
    )
    return [finding]


RULE = ResourceRule(
    name="api-gateway-rest-deployment",
    description="A REST API's deployment is made anew when the API changes.",
    remediation="Pass triggers with a hash of the methods and integrations.",
    severity=Severity.ADVISORY,
    types=frozenset({REST_DEPLOYMENT}),
    check=_check,
)
