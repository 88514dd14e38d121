"""An HTTP API integrates as a proxy or not at all."""

from collections.abc import Iterable

from policies.rules.api_gateway.api import HTTP, INTEGRATION, protocol_of
from policies.rules.finding import Finding
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import text

PROXIES = ("AWS_PROXY", "HTTP_PROXY")


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for integration in stack.of_type(INTEGRATION):
        kind = text(integration.properties, "integrationType")
        if kind is None or kind in PROXIES or protocol_of(stack, integration) != HTTP:
            continue
        yield (
            integration,
            Finding(
                property="integrationType",
                value=kind,
                allowed=f"{' or '.join(PROXIES)} on an HTTP API",
                why="API Gateway rejects the integration with a BadRequestException: others are for WebSocket APIs",
                fix="Use AWS_PROXY for a function",
            ),
        )


RULE = StackRule(
    name="api-gateway-integration-type",
    description="Integrations of an HTTP API are proxies.",
    remediation="Set integration_type to AWS_PROXY or HTTP_PROXY.",
    check=_check,
)
