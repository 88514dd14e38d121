"""A WebSocket API authorizes on $connect, and there only."""

from collections.abc import Iterable

from policies.rules.api_gateway.api import ROUTE, WEBSOCKET, protocol_of
from policies.rules.finding import Finding
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import text


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for route in stack.of_type(ROUTE):
        kind, key = text(route.properties, "authorizationType"), text(route.properties, "routeKey")
        if kind in (None, "", "NONE") or key is None or protocol_of(stack, route) != WEBSOCKET:
            continue
        if key != "$connect":
            yield route, _finding(f"{kind} on {key}", "NONE on every route but $connect")
        elif kind == "JWT":
            yield route, _finding(kind, "AWS_IAM or CUSTOM on a WebSocket API")


def _finding(value: str, allowed: str) -> Finding:
    return Finding(
        property="authorizationType",
        value=value,
        allowed=allowed,
        why="API Gateway rejects the route with a BadRequestException",
        fix="Authorize on $connect: what follows on the socket is the same caller's",
    )


RULE = StackRule(
    name="api-gateway-authorization-place",
    description="Routes of a WebSocket API other than $connect have no authorization of their own.",
    remediation="Set authorization_type on $connect only.",
    check=_check,
)
