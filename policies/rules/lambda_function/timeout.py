"""How long a Lambda function may run."""

from collections.abc import Iterable
from typing import Final

from policies.rules.aws_limits import LAMBDA_DEFAULT_TIMEOUT, LAMBDA_MANAGED_INSTANCES_TIMEOUT, LAMBDA_TIMEOUT
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION, on_managed_instances
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import format_number, lookup

_PROVIDER_REJECTS: Final = "The AWS provider rejects the function, whatever Lambda itself accepts"
_LAMBDA_REJECTS: Final = "Lambda rejects the function with a ValidationException"


def timeout_problems(timeout: float | None, *, streams: bool = False, managed_instances: bool = False) -> list[str]:
    """Returns a message for each limit that a timeout in seconds breaks; None is Lambda's default.

    `streams`: the function runs an agent to its end. `managed_instances`: it runs on a capacity provider.
    """
    finding = timeout_finding(timeout, managed_instances=managed_instances)
    if finding is None and streams:
        finding = streaming_finding(timeout)
    return [] if finding is None else [finding.explanation()]


def timeout_finding(timeout: float | None, *, managed_instances: bool) -> Finding | None:
    """The limit of an ordinary function is that of the AWS provider, not Lambda's: see LAMBDA_TIMEOUT."""
    accepted = LAMBDA_MANAGED_INSTANCES_TIMEOUT if managed_instances else LAMBDA_TIMEOUT
    if timeout is None or accepted.allows(timeout):
        return None
    return Finding(
        property="timeout",
        value=format_number(timeout),
        allowed=str(accepted),
        why=_LAMBDA_REJECTS if managed_instances else _PROVIDER_REJECTS,
        fix=f"Set timeout to {accepted.maximum} or less; longer work belongs in an AgentCore runtime",
    )


def streaming_finding(timeout: float | None) -> Finding | None:
    """Returns what is wrong with the timeout of a function that streams an agent's answer, None for a timeout outside
    the limits of every function."""
    effective = LAMBDA_DEFAULT_TIMEOUT if timeout is None else timeout
    if not LAMBDA_TIMEOUT.minimum <= effective < LAMBDA_TIMEOUT.maximum:
        return None
    return Finding(
        property="timeout",
        value=f"unset (Lambda's default of {LAMBDA_DEFAULT_TIMEOUT})" if timeout is None else format_number(timeout),
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
    description=f"A Lambda function runs {LAMBDA_TIMEOUT}.",
    remediation=f"Set timeout to {LAMBDA_TIMEOUT.maximum} at most; longer work belongs in an AgentCore runtime.",
    types=frozenset({FUNCTION}),
    check=_check,
)
