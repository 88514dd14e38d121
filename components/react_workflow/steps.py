"""What the states of the workflow have in common: their calls, retries and catchers."""

from typing import Any, Final

from components.state_machine.expressions import (
    ERROR,
    LAMBDA,
    LAMBDA_FAULTS,
    call,
    integration,
    jsonata,
    spread_retry,
)
from contract.react_steps import JOURNAL_BUSY, QUESTION_EXPIRED

STEP_SECONDS: Final = 60
"""The limit of a function that only reads and writes: it may have events to send to many connections."""

GRACE: Final = 15
"""Seconds: a function ends at its own limit before the state that calls it does."""

THROTTLED: Final = ["Lambda.TooManyRequestsException", "TooManyRequestsException"]
"""The function was not invoked: it has its reserved concurrency, or the account its own, at work already."""

FAULTS: Final = [*(error for error in LAMBDA_FAULTS if error not in THROTTLED), JOURNAL_BUSY]
"""Faults of Lambda itself, and of the journal: the function may have run or not. Every function can be called twice."""

EXPIRIES: Final = ["States.Timeout", "Sandbox.Timedout", QUESTION_EXPIRED]
"""A state's limit, a function's own limit (as its error is named), and a question's."""

CAUSE: Final = jsonata("$exists($states.errorOutput.Cause) ? $substring($states.errorOutput.Cause, 0, 2000) : ''")
PAYLOAD: Final = "$states.result.Payload"


def retries() -> list[dict[str, Any]]:
    """Throttled calls are tried again for six minutes or so: nothing has happened, and other runs make room."""
    return [spread_retry(THROTTLED, 1, 30), spread_retry(FAULTS, 2, 4)]


def catchers(state: str) -> list[dict[str, Any]]:
    """An expiry leads to HandleTimeout, every other error to HandleError."""
    assigned = {"failed_in": state, "error": ERROR, "cause": CAUSE}
    return [
        {"ErrorEquals": EXPIRIES, "Assign": assigned, "Next": "HandleTimeout"},
        {"ErrorEquals": ["States.ALL"], "Assign": assigned, "Next": "HandleError"},
    ]


def step(partition: str, function_arn: str, payload: dict[str, Any], seconds: int = STEP_SECONDS) -> dict[str, Any]:
    """A Task that calls a function, which has this many seconds; without Assign, Output, Catch and Next."""
    return {
        "Type": "Task",
        "Resource": integration(partition, LAMBDA),
        "Arguments": call(function_arn, payload),
        "TimeoutSeconds": seconds + GRACE,
        "Retry": retries(),
    }


def variable(name: str) -> str:
    return jsonata(f"${name}")


def newest_event() -> str:
    """The number of the newest event that the function knows of, 0 where it names none."""
    return jsonata(f"$exists({PAYLOAD}.seq) ? {PAYLOAD}.seq : 0")


def optional(field: str) -> str:
    """A text of the function's result, empty where the result has none."""
    return jsonata(f"$exists({PAYLOAD}.{field}) ? {PAYLOAD}.{field} : ''")
