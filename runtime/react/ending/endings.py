"""How a run ends whose workflow has come to its end: the final event, and its message for the user."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from contract.errors import CANCELLED_MESSAGE, ErrorCode, error_data
from contract.events import EventType
from contract.react_steps import ERROR_CODES
from runtime.process.causes import message_of
from runtime.react.budget import LIMITS, limit_message
from runtime.react.environment import Budget
from runtime.react.replies import CANCELLED, TIMED_OUT

RUN_CANCELLED: Final = "RunCancelled"
"""The error with which the gateway ends the states that wait, for a run that is cancelled."""

_TIMEOUT_ADVICE: Final = "what it wrote is kept, ask for less or deploy with a longer time"
_CRASHES: Final = {
    "Runtime.ExitError": "its process ended before it returned",
    "Runtime.ExitCode": "its process ended before it returned",
    "Runtime.OutOfMemory": "its process ran out of memory",
    "Lambda.Unknown": "its process ended before it returned",
    "Sandbox.Timedout": "it reached its time limit",
    "States.Timeout": "it did not return in its time",
}
"""What a function's end means, by the name of its error."""

_KNOWN: Final = frozenset(code.value for code in ErrorCode)

_UNDEPLOYED: Final = {
    "Lambda.ResourceNotFoundException": "the function does not exist: deploy the stack again",
    "Lambda.ResourceConflictException": (
        "the function cannot be invoked in its state: longrun status has the reason; deploy again"
    ),
    "Lambda.ResourceNotReadyException": "the function is not ready yet: start the run again in a minute",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """A final event. `error` is the part that the head keeps, None after a success."""

    type: EventType
    stop_reason: str
    error: Mapping[str, str] | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def finished(reason: str, budget: Budget, usage: Mapping[str, int]) -> Ending:
    """The end of a run that has come to HandleFinish for that reason."""
    if reason == CANCELLED:
        return cancelled()
    if reason == TIMED_OUT:
        return timed_out()
    if reason in LIMITS:
        message = limit_message(budget, reason, usage)
        return Ending(EventType.RUN_FAILED, reason, error_data(ErrorCode.LIMIT_REACHED, message))
    return Ending(EventType.RUN_SUCCEEDED, reason)


def cancelled() -> Ending:
    return Ending(EventType.RUN_CANCELLED, "cancelled", error_data(None, CANCELLED_MESSAGE))


def timed_out(state: str = "") -> Ending:
    """`state` is the one that was still at work, empty for the run as a whole."""
    what = f"the step {state} of the run" if state else "the run"
    message = f"{what} did not finish in the time that it has; {_TIMEOUT_ADVICE}"
    return Ending(EventType.RUN_TIMED_OUT, "timed_out", error_data(ErrorCode.TIMED_OUT, message))


def failed(state: str, error: str, cause: str) -> Ending:
    """The end of a run in which that state failed: what the step itself has said, or what became of its function."""
    if error == RUN_CANCELLED:
        return cancelled()
    told = message_of(cause).strip()
    if error in ERROR_CODES:
        message = told or f"the step {state} failed ({error})"
        return Ending(EventType.RUN_FAILED, "error", error_data(ERROR_CODES[error], message))
    meaning, unusable = _CRASHES.get(error, ""), _UNDEPLOYED.get(error, "")
    if unusable:
        reason = f"{error}: {told}" if told else error
        message = f"the step {state} could not run ({reason.rstrip('.')}): {unusable}"
    elif meaning:
        message = f"the step {state} failed ({error}): {meaning}; start the run again, and see the function's log"
    else:
        reason = f"{error}: {told}" if told else error or "no reason was given"
        message = (
            f"the step {state} failed ({reason.rstrip('.')}); see its execution for details, and start the run again"
        )
    return Ending(EventType.RUN_FAILED, "error", error_data(ErrorCode.INTERNAL, message))


def stopped(status: str, error: str, cause: str) -> Ending:
    """The end of a run whose execution has ended without it."""
    told = ": ".join(part for part in (message_of(error), message_of(cause)) if part)
    if status == "TIMED_OUT":
        return timed_out()
    if status == "ABORTED":
        why = f" ({told})" if told else ""
        message = f"the run's execution was stopped{why} before the run's end; start it again under a new run id"
        return Ending(EventType.RUN_FAILED, "error", error_data(ErrorCode.AGENT_LOST, message))
    if error in _KNOWN:
        # the state machine's last state has the code and message of the step that failed
        return Ending(EventType.RUN_FAILED, "error", error_data(ErrorCode(error), message_of(cause)))
    reason = told.rstrip(".") or "no reason was given"
    message = f"the run's execution failed ({reason}); see it for details, and start the run again"
    return Ending(EventType.RUN_FAILED, "error", error_data(ErrorCode.INTERNAL, message))
