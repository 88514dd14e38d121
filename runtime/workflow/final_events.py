"""The final event of a run whose workflow gave it up, and its message for the user."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contract.errors import CANCELLED_MESSAGE, ErrorCode, error_data
from contract.events import Event, EventType, timestamp
from runtime.journal import Head
from runtime.process.function_errors import cannot_run
from runtime.workflow.finalize_request import ABORTED, FinalizeRequest, Reason

_SESSIONS: Final = {
    "ended": "its session had ended",
    "stopped": "its session was stopped",
    "unknown": "the state of its session is not known",
}


@dataclass(frozen=True, slots=True)
class FinalEvent:
    """A final event; `error` is the part that the head keeps."""

    type: EventType
    error: Mapping[str, str]
    details: Mapping[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        return {**self.error, **self.details}


def lost(request: FinalizeRequest, head: Head, session: str, tools: str, lines: Sequence[str]) -> FinalEvent:
    """For a run whose agent sends no heartbeat: its last one (None where it sent none in this step), the state of its
    session, the `tools` without a result (see tools_at_work), and the last lines of its log."""
    has_heartbeat = head.step >= request.step and head.heartbeat_at > 0
    heartbeat = timestamp(head.heartbeat_at) if has_heartbeat else None
    last = f"sent its last heartbeat at {heartbeat}" if has_heartbeat else f"sent no heartbeat{_after_failure(request)}"
    message = (
        f"Agent {request.agent} (step {request.step}) {last}{tools}, and {_SESSIONS[session]}: "
        "start the question again under a new run id."
    )
    details = {"last_heartbeat": heartbeat, "session": session, "log": list(lines)}
    return FinalEvent(EventType.RUN_FAILED, error_data(ErrorCode.AGENT_LOST, message), details)


def _after_failure(request: FinalizeRequest) -> str:
    """What became of the call that should have started the agent; empty where that is not known to have failed."""
    return f" after the call of its invoker failed ({_reason(request)})" if request.error else ""


def given_up(request: FinalizeRequest, newest: Event) -> FinalEvent:
    """For a run that was cancelled, that has used up its time, or whose workflow failed; `newest` is its last event."""
    if request.reason is Reason.CANCELLED:
        return FinalEvent(EventType.RUN_CANCELLED, {"error": CANCELLED_MESSAGE}, {})
    if request.reason is Reason.TIMED_OUT:
        message = (
            f"Agent {request.agent} (step {request.step}) did not finish in the time that the workflow has: "
            "what it wrote is kept, ask for less or deploy with a longer time."
        )
        return FinalEvent(EventType.RUN_TIMED_OUT, error_data(ErrorCode.TIMED_OUT, message), {})
    return FinalEvent(EventType.RUN_FAILED, _failure(request, newest), {})


def _failure(request: FinalizeRequest, newest: Event) -> dict[str, str]:
    if newest.type is EventType.AGENT_INVOCATION_FAILED:
        # The invoker has recorded the reason, which says more than the name of its exception.
        return {"code": str(newest.data["code"]), "error": str(newest.data["error"])}
    if request.error == ABORTED:
        why = f" ({request.cause})" if request.cause else ""
        message = f"The run's workflow was stopped{why} before the run's end: start the question again under a new id."
        return error_data(ErrorCode.AGENT_LOST, message)
    if cannot_run(request.error):
        message = f"A function of the run's workflow cannot run ({_reason(request)}); 'longrun status' shows its state."
        return error_data(ErrorCode.INTERNAL, message)
    return error_data(
        ErrorCode.INTERNAL, f"The run's workflow failed ({_reason(request)}); see its execution for details."
    )


def _reason(request: FinalizeRequest) -> str:
    reason = f"{request.error}: {request.cause}" if request.cause else request.error
    return reason.rstrip(".")
