"""How long a Lambda function may run: never over AWS's limit, and to the limit where it streams an agent's answer."""

from collections.abc import Iterable

from policies.rules.aws_limits import LAMBDA_DEFAULT_TIMEOUT, LAMBDA_MANAGED_INSTANCES_TIMEOUT, LAMBDA_TIMEOUT
from policies.rules.finding import Finding
from policies.rules.lambda_function.function import FUNCTION, streams
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import figure, lookup


def timeout_problems(timeout: float | None, *, streams: bool = False, managed_instances: bool = False) -> list[str]:
    """One sentence for each limit that a timeout in seconds breaks; None is Lambda's default of 3 s.

    `streams`: the function carries an agent to its end. `managed_instances`: it runs on a capacity provider.
    """
    finding = timeout_finding(timeout, streams=streams, managed_instances=managed_instances)
    return [] if finding is None else [finding.sentence()]


def timeout_finding(timeout: float | None, *, streams: bool, managed_instances: bool) -> Finding | None:
    accepted = LAMBDA_MANAGED_INSTANCES_TIMEOUT if managed_instances else LAMBDA_TIMEOUT
    effective = LAMBDA_DEFAULT_TIMEOUT if timeout is None else timeout
    value = f"unset (Lambda's default of {LAMBDA_DEFAULT_TIMEOUT})" if timeout is None else figure(timeout)
    if not accepted.allows(effective):
        return Finding(
            property="timeout",
            value=value,
            allowed=str(accepted),
            why="Lambda refuses the function with a ValidationException",
            fix=f"Set timeout to {accepted.maximum} or less; longer work belongs into an AgentCore runtime",
        )
    if streams and effective < LAMBDA_TIMEOUT.maximum:
        return Finding(
            property="timeout",
            value=value,
            allowed=f"{LAMBDA_TIMEOUT.maximum} seconds for a function that streams an agent's answer",
            why="Lambda kills the function at its timeout and the rest of the answer is lost",
            fix=f"Set timeout to {LAMBDA_TIMEOUT.maximum}",
        )
    return None


def _check(function: Resource) -> Iterable[Finding]:
    timeout = lookup(function.properties, "timeout")
    if timeout is not None and not isinstance(timeout, int | float):
        return []
    # An unknown capacity provider may be one, and then the longer limit holds.
    managed = lookup(function.properties, "capacityProviderConfig") is not None
    finding = timeout_finding(timeout, streams=streams(function), managed_instances=managed)
    return [] if finding is None else [finding]


RULE = ResourceRule(
    name="lambda-function-timeout",
    description="A Lambda function runs at most 900 s, and one that streams an agent's answer has all of them.",
    remediation="Set timeout=900 on the worker and at most 900 on every other function.",
    types=frozenset({FUNCTION}),
    check=_check,
)
