"""An API hands the agent's work on: API Gateway cuts every integration at 29 s (WebSocket) or 30 s (HTTP)."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from policies.rules.aws_limits import HTTP_API_INTEGRATION_TIMEOUT, WEBSOCKET_INTEGRATION_TIMEOUT, Range
from policies.rules.finding import Finding
from policies.rules.lambda_function.function import FUNCTION, streams
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import figure, lookup, text

API: Final = "aws:apigatewayv2/api:Api"
INTEGRATION: Final = "aws:apigatewayv2/integration:Integration"

_FUNCTION_NAME: Final = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d*:function:(?P<name>[A-Za-z0-9-_]+)")


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for integration in stack.of_type(INTEGRATION):
        limit = _limit(stack, integration)
        for finding in (*_timeout(integration, limit), *_target(stack, integration, limit)):
            yield integration, finding


def _limit(stack: Stack, integration: Resource) -> Range:
    """The API's limit; the longer one while it is not known which kind of API it is."""
    api = _referred(stack, integration, "apiId", API, text(integration.properties, "apiId"))
    protocol = None if api is None else text(api.properties, "protocolType")
    return WEBSOCKET_INTEGRATION_TIMEOUT if protocol == "WEBSOCKET" else HTTP_API_INTEGRATION_TIMEOUT


def _timeout(integration: Resource, limit: Range) -> Iterator[Finding]:
    timeout = lookup(integration.properties, "timeoutMilliseconds")
    if isinstance(timeout, int | float) and not limit.allows(timeout):
        yield Finding(
            property="timeoutMilliseconds",
            value=figure(timeout),
            allowed=str(limit),
            why="API Gateway refuses a longer integration timeout with a BadRequestException, it cannot be raised",
            fix="Leave the timeout out and let the function hand the work on to a worker",
        )


def _target(stack: Stack, integration: Resource, limit: Range) -> Iterator[Finding]:
    uri = text(integration.properties, "integrationUri")
    match = None if uri is None else _FUNCTION_NAME.search(uri)
    function = _referred(stack, integration, "integrationUri", FUNCTION, match["name"] if match else None)
    if function is None:
        return
    seconds = limit.maximum / 1_000
    timeout = lookup(function.properties, "timeout")
    if streams(function):
        value = f"the function '{function.name}', which streams an agent's answer"
    elif isinstance(timeout, int | float) and timeout > seconds:
        value = f"the function '{function.name}' with a timeout of {figure(timeout)} s"
    else:
        return
    yield Finding(
        property="integrationUri",
        value=value,
        allowed=f"a function that answers within {figure(seconds)} s and hands the agent's work on",
        why="API Gateway stops waiting at the integration timeout: the caller gets an error while the agent works",
        fix="Point the integration at the gateway function, which invokes the worker asynchronously",
    )


def _referred(
    stack: Stack, resource: Resource, prop: str, resource_type: str, physical_name: str | None
) -> Resource | None:
    """The resource of this type that a property is made from or, where the caller cannot tell, that bears the name."""
    candidates = stack.of_type(resource_type)
    if resource.dependencies:
        made_from = [other for other in candidates if other.urn in resource.dependencies.get(prop, ())]
        return made_from[0] if len(made_from) == 1 else None
    if physical_name is None:
        return None
    return next((other for other in candidates if physical_name in _physical_names(other)), None)


def _physical_names(resource: Resource) -> set[str | None]:
    return {text(resource.properties, "name"), text(resource.properties, "id")}


RULE = StackRule(
    name="stack-api-never-waits-for-agent",
    description="An API integration stays within API Gateway's timeout and never waits for an agent.",
    remediation="Put a gateway function between the API and the worker, and invoke the worker asynchronously.",
    check=_check,
)
