"""A WebSocket API uses the first payload format."""

from collections.abc import Iterable

from policies.rules.api_gateway.api import INTEGRATION, WEBSOCKET, protocol_of
from policies.rules.finding import Finding
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import text


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for integration in stack.of_type(INTEGRATION):
        version = text(integration.properties, "payloadFormatVersion")
        if version in (None, "", "1.0") or protocol_of(stack, integration) != WEBSOCKET:
            continue
        yield (
            integration,
            Finding(
                property="payloadFormatVersion",
                value=str(version),
                allowed="1.0 on a WebSocket API",
                why="API Gateway rejects the integration with a BadRequestException: 2.0 belongs to HTTP APIs",
                fix="Leave payloadFormatVersion out",
            ),
        )


RULE = StackRule(
    name="api-gateway-payload-format",
    description="Integrations of a WebSocket API have payload format 1.0.",
    remediation="Leave payload_format_version out.",
    check=_check,
)
