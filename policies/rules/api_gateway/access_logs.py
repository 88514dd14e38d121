"""Calls of HTTP and REST APIs are logged."""

from collections.abc import Iterable, Iterator

from policies.rules.api_gateway.api import HTTP, REST_STAGE, STAGE, protocol_of
from policies.rules.finding import Finding
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.values import lookup


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for stage in _stages(stack):
        if lookup(stage.properties, "accessLogSettings") is None:
            yield (
                stage,
                Finding(
                    property="accessLogSettings",
                    value="unset",
                    allowed="a log group and a format",
                    why="What API Gateway rejects itself (429, 403, a timeout) is in no function's log",
                    fix="Set accessLogSettings to a log group of the stack",
                ),
            )


def _stages(stack: Stack) -> Iterator[Resource]:
    yield from stack.of_type(REST_STAGE)
    # A WebSocket stage may log only when the account has a CloudWatch role, which is no stack's to set.
    yield from (stage for stage in stack.of_type(STAGE) if protocol_of(stack, stage) == HTTP)


RULE = StackRule(
    name="api-gateway-access-logs",
    description="Stages of HTTP and REST APIs write access logs.",
    remediation="Set access_log_settings with destination_arn and format.",
    severity=Severity.ADVISORY,
    check=_check,
)
