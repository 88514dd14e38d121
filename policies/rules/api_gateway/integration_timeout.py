"""How long an integration may take."""

from collections.abc import Iterable, Iterator

from policies.rules.api_gateway.api import INTEGRATION, REST_INTEGRATION, WEBSOCKET, protocol_of, rest_api_of
from policies.rules.aws_limits import (
    HTTP_API_INTEGRATION_TIMEOUT,
    REST_EDGE_INTEGRATION_TIMEOUT,
    REST_INTEGRATION_TIMEOUT,
    REST_STREAM_INTEGRATION_TIMEOUT,
    WEBSOCKET_INTEGRATION_TIMEOUT,
    Range,
)
from policies.rules.finding import Finding
from policies.rules.ranges import range_finding
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import UNKNOWN, lookup, members

TIMEOUT = "timeoutMilliseconds"


def limit_of(stack: Stack, integration: Resource) -> Range:
    """The longest that the integration's API takes; the longer one while it is not known which kind of API it is."""
    if integration.type == INTEGRATION:
        websocket = protocol_of(stack, integration) == WEBSOCKET
        return WEBSOCKET_INTEGRATION_TIMEOUT if websocket else HTTP_API_INTEGRATION_TIMEOUT
    api = rest_api_of(stack, integration)
    if api is not None and is_edge(api):
        return REST_EDGE_INTEGRATION_TIMEOUT
    streams = lookup(integration.properties, "responseTransferMode") in ("STREAM", UNKNOWN)
    return REST_STREAM_INTEGRATION_TIMEOUT if streams else REST_INTEGRATION_TIMEOUT


def is_edge(api: Resource) -> bool:
    """Returns whether a REST API is edge-optimised, as it is by default; its body may set another type."""
    if "EDGE" in members(api.properties, "endpointConfiguration", "types"):
        return True
    return all(lookup(api.properties, prop) is None for prop in ("endpointConfiguration", "body"))


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for integration in _integrations(stack):
        finding = range_finding(
            integration.properties,
            (TIMEOUT,),
            limit_of(stack, integration),
            why="API Gateway rejects the integration with a BadRequestException, and this limit cannot be raised",
            fix="Leave the timeout out and let the function hand the work off to a worker",
        )
        if finding is not None:
            yield integration, finding


def _integrations(stack: Stack) -> Iterator[Resource]:
    yield from stack.of_type(INTEGRATION)
    yield from stack.of_type(REST_INTEGRATION)


def _seconds(milliseconds: Range) -> str:
    return f"{milliseconds.maximum // 1_000} s"


RULE = StackRule(
    name="api-gateway-integration-timeout",
    description=f"An integration takes at most {_seconds(WEBSOCKET_INTEGRATION_TIMEOUT)} (WebSocket, edge REST), "
    f"{_seconds(HTTP_API_INTEGRATION_TIMEOUT)} (HTTP), {_seconds(REST_INTEGRATION_TIMEOUT)} (REST; "
    f"{_seconds(REST_STREAM_INTEGRATION_TIMEOUT)} streamed).",
    remediation="Hand long work off to a worker, which answers later.",
    check=_check,
)
