"""Callers of HTTP routes and REST methods are known."""

from collections.abc import Iterable, Iterator

from policies.rules.api_gateway.api import HTTP, REST_METHOD, ROUTE, protocol_of
from policies.rules.finding import Finding
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.values import lookup, text


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for resource, prop in _open(stack):
        yield (
            resource,
            Finding(
                property=prop,
                value="NONE",
                allowed="AWS_IAM or an authorizer",
                why="Everyone who knows the address can call its function, at this account's cost",
                fix="Name an authorization, or write an exception with its reason",
            ),
        )


def _open(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for route in stack.of_type(ROUTE):
        asks_nobody = lookup(route.properties, "authorizationType") in (None, "", "NONE")
        with_key = lookup(route.properties, "apiKeyRequired") not in (None, False)
        # A browser asks with OPTIONS before it may send credentials.
        preflight = (text(route.properties, "routeKey") or "OPTIONS ").startswith("OPTIONS ")
        if asks_nobody and not (with_key or preflight) and protocol_of(stack, route) == HTTP:
            yield route, "authorizationType"
    for method in stack.of_type(REST_METHOD):
        with_key = lookup(method.properties, "apiKeyRequired") not in (None, False)
        preflight = (text(method.properties, "httpMethod") or "OPTIONS") == "OPTIONS"
        if lookup(method.properties, "authorization") == "NONE" and not (with_key or preflight):
            yield method, "authorization"


RULE = StackRule(
    name="api-gateway-routes-authorized",
    description="Routes of HTTP APIs and methods of REST APIs ask who calls.",
    remediation="Set authorization_type (or authorization) to AWS_IAM, JWT or CUSTOM.",
    severity=Severity.ADVISORY,
    check=_check,
)
