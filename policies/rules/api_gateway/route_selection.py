"""A WebSocket API sets the part of a message by which it chooses the route."""

from collections.abc import Iterable
from typing import Final

from policies.rules.api_gateway.api import API, HTTP, WEBSOCKET
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup, text

HTTP_SELECTION: Final = "${request.method} ${request.path}"
_ACCEPTED: Final = ("", HTTP_SELECTION, "$request.method $request.path")
"""The last is how API Gateway returns it, and the AWS provider's default."""


def _check(api: Resource) -> Iterable[Finding]:
    protocol, expression = text(api.properties, "protocolType"), lookup(api.properties, "routeSelectionExpression")
    if protocol == WEBSOCKET and not expression:
        return [_finding("unset", "an expression such as $request.body.action", "Set it to the field that names it")]
    if protocol == HTTP and isinstance(expression, str) and expression not in _ACCEPTED:
        return [_finding(expression, f"{HTTP_SELECTION} or nothing for an HTTP API", "Leave it out")]
    return []


def _finding(value: str, allowed: str, fix: str) -> Finding:
    return Finding(
        property="routeSelectionExpression",
        value=value,
        allowed=allowed,
        why="API Gateway rejects the API with a BadRequestException",
        fix=fix,
    )


RULE = ResourceRule(
    name="api-gateway-route-selection",
    description="A WebSocket API has a route selection expression.",
    remediation="Set route_selection_expression, for example to $request.body.action.",
    types=frozenset({API}),
    check=_check,
)
