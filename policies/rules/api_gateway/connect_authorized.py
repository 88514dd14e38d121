"""Who opens a WebSocket is known."""

from collections.abc import Iterable

from policies.rules.api_gateway.api import ROUTE
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup, text


def _check(route: Resource) -> Iterable[Finding]:
    authorization = lookup(route.properties, "authorizationType")
    if text(route.properties, "routeKey") != "$connect" or authorization not in (None, "", "NONE"):
        return []
    finding = Finding(
        property="authorizationType",
        value=str(authorization or "unset (NONE)"),
        allowed="AWS_IAM or CUSTOM on $connect",
        why="API Gateway checks no other route: whoever knows the address runs agents at this account's cost",
        fix="Set longrun:authorization to AWS_IAM, or give the route an authorizer",
    )
    return [finding]


RULE = ResourceRule(
    name="api-gateway-connect-authorized",
    description="The $connect route of a WebSocket API has an authorizer.",
    remediation="Set authorization_type to AWS_IAM or CUSTOM on $connect.",
    types=frozenset({ROUTE}),
    check=_check,
)
