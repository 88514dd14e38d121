"""A function that streams an agent's answer has the longest timeout."""

from collections.abc import Iterable

from policies.rules.aws_limits import LAMBDA_TIMEOUT
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION, streams
from policies.rules.lambda_function.timeout import streaming_finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup


def _check(function: Resource) -> Iterable[Finding]:
    timeout = lookup(function.properties, "timeout")
    if not streams(function) or not (timeout is None or isinstance(timeout, int | float)):
        return []
    finding = streaming_finding(timeout)
    return [] if finding is None else [finding]


RULE = ResourceRule(
    name="lambda-function-worker-timeout",
    description=f"A function that streams an agent's answer has the full {LAMBDA_TIMEOUT.maximum} seconds.",
    remediation=f"Set timeout={LAMBDA_TIMEOUT.maximum} on the worker.",
    types=frozenset({FUNCTION}),
    check=_check,
)
