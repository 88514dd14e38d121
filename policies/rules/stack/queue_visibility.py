"""A message stays out of sight while a function works on it, and through the tries that throttling costs."""

from collections.abc import Iterable
from typing import Final

from policies.rules.aws_limits import LAMBDA_DEFAULT_TIMEOUT
from policies.rules.finding import Finding
from policies.rules.index import Index
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.messaging.resources.queue import MAPPING, QUEUE
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import format_number, lookup, number

FACTOR: Final = 6
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""

DEFAULT_VISIBILITY: Final = 30
"""Seconds where a queue sets no timeout."""


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    for mapping in index.of_types(MAPPING):
        queue = index.target(mapping, "eventSourceArn", (QUEUE,)).resource
        function = index.target(mapping, "functionName", (FUNCTION,)).resource
        if queue is None or function is None:
            continue
        visible = _seconds(queue, "visibilityTimeoutSeconds", DEFAULT_VISIBILITY)
        timeout = _seconds(function, "timeout", LAMBDA_DEFAULT_TIMEOUT)
        if visible is None or timeout is None or visible >= FACTOR * timeout:
            continue
        rejected, enough = visible < timeout, format_number(FACTOR * timeout)
        yield (
            queue,
            Finding(
                property="visibilityTimeoutSeconds",
                value=format_number(visible),
                allowed=f"at least {enough} s, {FACTOR} times the timeout of '{function.name}'",
                why="Lambda rejects a queue whose messages reappear before the function's timeout"
                if rejected
                else "A throttled batch reappears while it is still tried, and is handled twice or given up too early",
                fix=f"Set visibilityTimeoutSeconds to {enough}, or lower the function's timeout",
            ),
        )


def _seconds(resource: Resource, prop: str, default: float) -> float | None:
    return default if lookup(resource.properties, prop) is None else number(resource.properties, prop)


RULE = StackRule(
    name="stack-queue-outlasts-function",
    description="A queue that a function reads hides messages for six times the function's timeout.",
    remediation="Set visibility_timeout_seconds to six times the timeout of the function that reads the queue.",
    check=_check,
)
