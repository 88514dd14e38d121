"""How long a Lambda function may run: never over AWS's limit."""

from collections.abc import Iterable

from policies.rules.aws_limits import LAMBDA_DEFAULT_TIMEOUT, LAMBDA_MANAGED_INSTANCES_TIMEOUT, LAMBDA_TIMEOUT
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION, on_managed_instances
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import figure, lookup


def timeout_problems(timeout: float | None, *, streams: bool = False, managed_instances: bool = False) -> list[str]:
    """One sentence for each limit that a timeout in seconds breaks; None is Lambda's default of 3 s.

    `streams`: the function carries an agent to its end. `managed_instances`: it runs on a capacity provider.
    """
    finding = timeout_finding(timeout, managed_instances=managed_instances)
    if finding is None and streams:
        finding = streaming_finding(timeout)
    return [] if finding is None else [finding.sentence()]


def timeout_finding(timeout: float | None, *, managed_instances: bool) -> Finding | None:
    accepted = LAMBDA_MANAGED_INSTANCES_TIMEOUT if managed_instances else LAMBDA_TIMEOUT
    if timeout is None or accepted.allows(timeout):
        return None
    return Finding(
        property="timeout",
        value=figure(timeout),
        allowed=str(accepted),
        why="Lambda refuses the function with a ValidationException",
        fix=f"Set timeout to {accepted.maximum} or less; longer work belongs into an AgentCore runtime",
    )


def streaming_finding(timeout: float | None) -> Finding | None:
    """What is wrong with the timeout of a function that streams an agent's answer; one that AWS refuses is not
    judged here."""
    effective = LAMBDA_DEFAULT_TIMEOUT if timeout is None else timeout
    if not LAMBDA_TIMEOUT.minimum <= effective < LAMBDA_TIMEOUT.maximum:
        return None
    return Finding(
        property="timeout",
        value=f"unset (Lambda's default of {LAMBDA_DEFAULT_TIMEOUT})" if timeout is None else figure(timeout),
        allowed=f"{LAMBDA_TIMEOUT.maximum} seconds for a function that streams an agent's answer",
        why="Lambda kills the function at its timeout and the rest of the answer is lost",
        fix=f"Set timeout to {LAMBDA_TIMEOUT.maximum}",
    )


def _check(function: Resource) -> Iterable[Finding]:
    timeout = lookup(function.properties, "timeout")
    if not isinstance(timeout, int | float):
        return []
    finding = timeout_finding(timeout, managed_instances=on_managed_instances(function))
    return [] if finding is None else [finding]


RULE = ResourceRule(
    name="lambda-function-timeout",
    description="A Lambda function runs 1 to 900 seconds.",
    remediation="Set timeout to 900 at most; longer work belongs into an AgentCore runtime.",
    types=frozenset({FUNCTION}),
    check=_check,
)
