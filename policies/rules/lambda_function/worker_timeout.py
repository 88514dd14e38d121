"""A function that streams an agent's answer has all the time that Lambda gives."""

from collections.abc import Iterable

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
    description="A function that streams an agent's answer has the full 900 seconds.",
    remediation="Set timeout=900 on the worker.",
    types=frozenset({FUNCTION}),
    check=_check,
)
