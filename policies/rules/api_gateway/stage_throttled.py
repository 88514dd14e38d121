"""A stage has limits of its own below the account's common ones."""

from collections.abc import Iterable

from policies.rules.api_gateway.api import REST_METHOD_SETTINGS, REST_STAGE, STAGE
from policies.rules.finding import Finding
from policies.rules.references import refers
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.values import UNKNOWN, lookup

USAGE_PLAN = "aws:apigateway/usagePlan:UsagePlan"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for stage in stack.of_type(STAGE):
        if lookup(stage.properties, "defaultRouteSettings") is None:
            yield stage, _finding("defaultRouteSettings", "Set throttlingRateLimit and throttlingBurstLimit in it")
    for stage in stack.of_type(REST_STAGE):
        if not _is_throttled(stack, stage):
            yield stage, _finding("stageName", "Add MethodSettings for */* with throttlingRateLimit and -BurstLimit")


def _is_throttled(stack: Stack, stage: Resource) -> bool:
    """Whether method settings with a limit, or a usage plan, are or may be the REST stage's."""
    for settings in stack.of_type(REST_METHOD_SETTINGS):
        given, name = lookup(settings.properties, "stageName"), lookup(stage.properties, "stageName")
        mine = given == name or UNKNOWN in (given, name) or refers(settings, "stageName", given, stage)
        if mine and lookup(settings.properties, "settings", "throttlingRateLimit") not in (None, -1):
            return True
    return bool(stack.of_type(USAGE_PLAN))


def _finding(prop: str, fix: str) -> Finding:
    return Finding(
        property=prop,
        value="without throttling" if prop == "stageName" else "unset",
        allowed="a throttling rate and a burst",
        why="All APIs of the account and region share one bucket of 10,000 requests/s: one caller can empty it",
        fix=fix,
    )


RULE = StackRule(
    name="api-gateway-stage-throttled",
    description="A stage has a throttling rate and a burst of its own.",
    remediation="Set default_route_settings, or MethodSettings for a REST stage.",
    severity=Severity.ADVISORY,
    check=_check,
)
