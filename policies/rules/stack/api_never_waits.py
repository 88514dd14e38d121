"""An API hands the agent's work on: API Gateway cuts every integration that does not stream."""

from collections.abc import Iterable, Iterator
from typing import Final

from policies.rules.api_gateway.api import INTEGRATION, REST_INTEGRATION
from policies.rules.api_gateway.integration_timeout import TIMEOUT, limit_of
from policies.rules.api_gateway.lambda_targets import URI, function_called
from policies.rules.aws_limits import REST_EDGE_INTEGRATION_TIMEOUT
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import streams
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import UNKNOWN, format_number, lookup, mapping, number

INVOCATION_TYPE: Final = "integration.request.header.X-Amz-Invocation-Type"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for integration in _integrations(stack):
        function = function_called(stack, integration)
        if function is not None and not _hands_off(integration) and not _streams_answers(integration):
            seconds = _patience(stack, integration)
            value = _what_is_wrong(function, seconds)
            if value is not None:
                yield integration, _finding(integration, value, seconds)


def _integrations(stack: Stack) -> Iterator[Resource]:
    yield from stack.of_type(INTEGRATION)
    yield from stack.of_type(REST_INTEGRATION)


def _hands_off(integration: Resource) -> bool:
    """Whether a REST integration calls the function asynchronously, or may."""
    if lookup(integration.properties, "requestParameters") is UNKNOWN:
        return True
    kind = mapping(integration.properties, "requestParameters").get(INVOCATION_TYPE)
    return integration.type == REST_INTEGRATION and kind in ("'Event'", UNKNOWN)


def _streams_answers(integration: Resource) -> bool:
    return lookup(integration.properties, "responseTransferMode") in ("STREAM", UNKNOWN)


def _patience(stack: Stack, integration: Resource) -> float:
    """Seconds for which API Gateway waits."""
    limit = limit_of(stack, integration)
    given = number(integration.properties, TIMEOUT)
    if given is not None and limit.allows(given):
        return given / 1_000
    unset = lookup(integration.properties, TIMEOUT) is None and integration.type == REST_INTEGRATION
    return (REST_EDGE_INTEGRATION_TIMEOUT if unset else limit).maximum / 1_000


def _what_is_wrong(function: Resource, seconds: float) -> str | None:
    timeout = number(function.properties, "timeout")
    if streams(function):
        return f"the function '{function.name}', which streams an agent's answer"
    if timeout is not None and timeout > seconds:
        return f"the function '{function.name}' with a timeout of {format_number(timeout)} s"
    return None


def _finding(integration: Resource, value: str, seconds: float) -> Finding:
    return Finding(
        property=URI[integration.type],
        value=value,
        allowed=f"a function that answers within {format_number(seconds)} s and hands the agent's work on",
        why="API Gateway stops waiting at the integration timeout: the caller gets an error while the agent works",
        fix="Point the integration at the gateway function, which invokes the worker asynchronously",
    )


RULE = StackRule(
    name="stack-api-never-waits-for-agent",
    description="An API integration never waits for an agent, nor for a function with a longer timeout than its own.",
    remediation="Put a gateway function between the API and the worker, and invoke the worker asynchronously.",
    check=_check,
)
