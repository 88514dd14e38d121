"""JSONata as this workflow writes it: variables, and the sentences of errors."""

from typing import Any, Final


def jsonata(expression: str) -> str:
    """The expression as a value of a state machine's definition."""
    return "{% " + expression + " %}"


ERROR: Final = jsonata("$states.errorOutput.Error")
CAUSE: Final = jsonata("$exists($states.errorOutput.Cause) ? $substring($states.errorOutput.Cause, 0, 4000) : ''")
"""What a function raised comes as JSON text with its message and its stack; the closer takes it apart."""

SENTENCE: Final = jsonata(
    "($cause := $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : $states.errorOutput.Error; "
    "$substring($cause, 0, 1) = '{' ? $parse($cause).errorMessage : $cause)"
)


def caught(reason: str) -> dict[str, Any]:
    """What is kept of an error that ends the run."""
    return {"reason": reason, "error": ERROR, "cause": CAUSE}


def retry(errors: list[str], interval: int, attempts: int) -> dict[str, Any]:
    """Repeats with doubled intervals, in seconds."""
    return {"ErrorEquals": errors, "IntervalSeconds": interval, "MaxAttempts": attempts, "BackoffRate": 2}


THROTTLED: Final = "Lambda.TooManyRequestsException"
"""The function was not run."""

LAMBDA_FAULTS: Final = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    THROTTLED,
]
"""Lambda's own troubles: the function may have run or not."""


def call(function_arn: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The arguments of an invocation."""
    return {"FunctionName": function_arn, "Payload": payload}
