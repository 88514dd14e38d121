"""A route that asks an authorizer names it."""

from collections.abc import Iterable

from policies.rules.api_gateway.api import REST_METHOD, ROUTE
from policies.rules.finding import Finding
from policies.rules.lambda_function.function import is_set
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import text

BY_AUTHORIZER = ("CUSTOM", "JWT", "COGNITO_USER_POOLS")
_TYPE = {ROUTE: "authorizationType", REST_METHOD: "authorization"}


def _check(route: Resource) -> Iterable[Finding]:
    kind = text(route.properties, _TYPE[route.type])
    if kind not in BY_AUTHORIZER or is_set(route, "authorizerId"):
        return []
    finding = Finding(
        property="authorizerId",
        value="unset",
        allowed=f"the authorizer that {kind} asks",
        why="API Gateway refuses the route with a BadRequestException",
        fix="Set authorizerId to the authorizer's id",
    )
    return [finding]


RULE = ResourceRule(
    name="api-gateway-authorizer-given",
    description="A route or method with an authorizer's authorization names the authorizer.",
    remediation="Pass authorizer_id.",
    types=frozenset({ROUTE, REST_METHOD}),
    check=_check,
)
