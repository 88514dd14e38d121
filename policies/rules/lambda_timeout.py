"""How long a Lambda function may run: never over AWS's limit, and to the limit where it streams an agent's answer."""

from policies.rules.aws_limits import LAMBDA_DEFAULT_TIMEOUT, LAMBDA_MANAGED_INSTANCES_TIMEOUT, LAMBDA_TIMEOUT
from policies.rules.finding import Finding


def timeout_problems(timeout: float | None, *, streams: bool = False, managed_instances: bool = False) -> list[str]:
    """One sentence for each limit that a timeout in seconds breaks; None is Lambda's default of 3 s.

    `streams`: the function carries an agent to its end. `managed_instances`: it runs on a capacity provider.
    """
    return [f.sentence() for f in timeout_findings(timeout, streams=streams, managed_instances=managed_instances)]


def timeout_findings(timeout: float | None, *, streams: bool, managed_instances: bool) -> list[Finding]:
    accepted = LAMBDA_MANAGED_INSTANCES_TIMEOUT if managed_instances else LAMBDA_TIMEOUT
    effective = LAMBDA_DEFAULT_TIMEOUT if timeout is None else timeout
    value = f"unset (Lambda's default of {LAMBDA_DEFAULT_TIMEOUT})" if timeout is None else f"{timeout:g}"
    if not accepted.allows(effective):
        return [
            Finding(
                property="timeout",
                value=value,
                allowed=str(accepted),
                why="Lambda refuses the function with a ValidationException",
                fix=f"Set timeout to {accepted.maximum} or less; longer work belongs into an AgentCore runtime",
            )
        ]
    if streams and effective < LAMBDA_TIMEOUT.maximum:
        return [
            Finding(
                property="timeout",
                value=value,
                allowed=f"{LAMBDA_TIMEOUT.maximum} seconds for a function that streams an agent's answer",
                why="Lambda kills the function at its timeout and the rest of the answer is lost",
                fix=f"Set timeout={LAMBDA_TIMEOUT.maximum}",
            )
        ]
    return []
