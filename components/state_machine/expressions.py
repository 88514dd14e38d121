"""JSONata expressions, integrations and retries of the state machine."""

from typing import Any, Final

LAMBDA: Final = "lambda:invoke"
MAX_DELAY: Final = 30


def integration(partition: str, name: str) -> str:
    """The Resource of a task that calls a service. Step Functions knows the integrations of its own partition only."""
    return f"arn:{partition}:states:::{name}"


def jsonata(expression: str) -> str:
    """The expression as a value of a state machine's definition."""
    return "{% " + expression + " %}"


ERROR: Final = jsonata("$states.errorOutput.Error")
CAUSE: Final = jsonata("$exists($states.errorOutput.Cause) ? $substring($states.errorOutput.Cause, 0, 4000) : ''")
"""An exception of a function is JSON text with its message and its stack; the finalizer parses it."""

MESSAGE: Final = jsonata(
    "($cause := $states.errorOutput.Cause; "
    "$cause := $substring($cause, 0, 1) = '{' and $substring($cause, -1) = '}' ? $parse($cause).errorMessage : $cause; "
    "$cause ? $string($cause) : $states.errorOutput.Error)"
)
"""The message of a function's exception; the cause of any other error, or the error's name where it has no cause."""


RECORDED: Final = {"error": ERROR, "cause": CAUSE}
"""The variables that record an error."""


def caught(reason: str) -> dict[str, Any]:
    """The variables that record an error that ends the run."""
    return {"reason": reason, **RECORDED}


def retry(errors: list[str], interval: int, attempts: int) -> dict[str, Any]:
    """Retries with doubling intervals, in seconds."""
    return {"ErrorEquals": errors, "IntervalSeconds": interval, "MaxAttempts": attempts, "BackoffRate": 2}


def spread_retry(errors: list[str], interval: int, attempts: int) -> dict[str, Any]:
    """Retries at random moments within doubling intervals, in seconds and at most half a minute: many executions that
    were throttled together do not come back together."""
    return {**retry(errors, interval, attempts), "MaxDelaySeconds": MAX_DELAY, "JitterStrategy": "FULL"}


THROTTLED: Final = "Lambda.TooManyRequestsException"
"""The function was not invoked."""

LAMBDA_FAULTS: Final = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    THROTTLED,
]
"""Faults of Lambda itself: the function may have run or not."""


def call(function_arn: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The arguments of an invocation."""
    return {"FunctionName": function_arn, "Payload": payload}
