"""A REST integration over 29 s needs a quota that the account has to ask for."""

from collections.abc import Iterable

from policies.rules.api_gateway.api import REST_INTEGRATION, rest_api_of
from policies.rules.aws_limits import REST_EDGE_INTEGRATION_TIMEOUT, REST_INTEGRATION_TIMEOUT
from policies.rules.finding import Finding
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.values import UNKNOWN, format_number, lookup, members, number


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for integration in stack.of_type(REST_INTEGRATION):
        timeout = number(integration.properties, "timeoutMilliseconds")
        if timeout is None or not REST_EDGE_INTEGRATION_TIMEOUT.maximum < timeout <= REST_INTEGRATION_TIMEOUT.maximum:
            continue
        buffered = lookup(integration.properties, "responseTransferMode") in (None, "BUFFERED")
        if buffered and _may_be_raised(stack, integration):
            yield integration, _finding(timeout)


def _may_be_raised(stack: Stack, integration: Resource) -> bool:
    """Whether the API is known not to be edge-optimised: another rule reports one that is, whose limit is 29 s."""
    api = rest_api_of(stack, integration)
    types = [] if api is None else members(api.properties, "endpointConfiguration", "types")
    return bool(types) and "EDGE" not in types and UNKNOWN not in types


def _finding(timeout: float) -> Finding:
    return Finding(
        property="timeoutMilliseconds",
        value=format_number(timeout),
        allowed=f"{REST_EDGE_INTEGRATION_TIMEOUT}, until the account's quota is raised",
        why="API Gateway rejects it with a BadRequestException in an account that has not asked for more",
        fix="Ask for the quota (it costs some of the request rate), hand the work over, or stream the answer",
    )


RULE = StackRule(
    name="api-gateway-rest-timeout-quota",
    description="A REST integration stays within the 29 s that need no raised quota.",
    remediation="Hand the work over to a worker, or have the account's quota raised first.",
    severity=Severity.ADVISORY,
    check=_check,
)
