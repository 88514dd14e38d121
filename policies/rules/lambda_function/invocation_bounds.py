"""Retries and age of asynchronous events within what Lambda takes."""

from collections.abc import Iterable

from policies.rules.aws_limits import LAMBDA_ASYNC_EVENT_AGE, LAMBDA_ASYNC_RETRIES
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import EVENT_INVOKE_CONFIG
from policies.rules.ranges import range_finding
from policies.rules.rule import Resource, ResourceRule

LIMITS = {"maximumRetryAttempts": LAMBDA_ASYNC_RETRIES, "maximumEventAgeInSeconds": LAMBDA_ASYNC_EVENT_AGE}


def _check(configuration: Resource) -> Iterable[Finding]:
    found = [
        range_finding(
            configuration.properties,
            (prop,),
            limit,
            why="Lambda rejects the configuration with a ValidationException",
            fix=f"Set {prop} within the range",
        )
        for prop, limit in LIMITS.items()
    ]
    return [finding for finding in found if finding is not None]


RULE = ResourceRule(
    name="lambda-invocation-bounds",
    description="Asynchronous events are retried at most twice and kept for 60 seconds to 6 hours.",
    remediation="Set maximum_retry_attempts (0 to 2) and maximum_event_age_in_seconds (60 to 21,600).",
    types=frozenset({EVENT_INVOKE_CONFIG}),
    check=_check,
)
