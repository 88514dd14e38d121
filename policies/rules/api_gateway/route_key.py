"""Keys of an HTTP API's routes: a method in capitals and a path."""

import re
from collections.abc import Iterable
from typing import Final

from policies.rules.api_gateway.api import HTTP, ROUTE, protocol_of
from policies.rules.finding import Finding
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import text

_KEY: Final = re.compile(r"\$default|(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ANY) /\S*")


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for route in stack.of_type(ROUTE):
        key = text(route.properties, "routeKey")
        if key is None or _KEY.fullmatch(key) or protocol_of(stack, route) != HTTP:
            continue
        yield (
            route,
            Finding(
                property="routeKey",
                value=key,
                allowed='$default, or a method in capitals and a path: "GET /runs/{id}"',
                why="API Gateway rejects the route with a BadRequestException",
                fix='Write the method in capitals, one space, and the path from its "/"',
            ),
        )


RULE = StackRule(
    name="api-gateway-route-key",
    description='Routes of an HTTP API are named "METHOD /path" or $default.',
    remediation='Write route_key="GET /runs".',
    check=_check,
)
