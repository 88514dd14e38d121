"""How a run ends whose workflow gave it up: the closing event, and what the user is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contract.errors import CANCELLED_MESSAGE, ErrorCode
from contract.events import Event, EventType, timestamp
from runtime.journal import Head
from runtime.workflow.finalize_request import ABORTED, Order, Reason

_SESSIONS: Final = {
    "ended": "its session had ended",
    "stopped": "its session was stopped",
    "unknown": "what became of its session is not known",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """A closing event; `error` is what the head keeps of it."""

    type: EventType
    error: Mapping[str, str]
    details: Mapping[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        return {**self.error, **self.details}


def lost(order: Order, head: Head, session: str, lines: Sequence[str]) -> Ending:
    """Of a run whose agent gives no sign: its last heartbeat (None where it gave none in this step), what became of its
    session, and the last lines of its log."""
    gave_sign = head.step >= order.step and head.heartbeat_at > 0
    heartbeat = timestamp(head.heartbeat_at) if gave_sign else None
    sign = f"gave its last sign of life at {heartbeat}" if gave_sign else "gave no sign of life"
    sentence = (
        f"Agent {order.agent} (step {order.step}) {sign}, and {_SESSIONS[session]}: "
        "start the question again under a new run id."
    )
    details = {"last_heartbeat": heartbeat, "session": session, "log": list(lines)}
    return Ending(EventType.RUN_FAILED, _error(ErrorCode.AGENT_LOST, sentence), details)


def given_up(order: Order, newest: Event) -> Ending:
    """Of a run that was cancelled, that has used up its time, or whose workflow failed; `newest` is its last event."""
    if order.reason is Reason.CANCELLED:
        return Ending(EventType.RUN_CANCELLED, {"error": CANCELLED_MESSAGE}, {})
    if order.reason is Reason.TIMED_OUT:
        sentence = (
            f"Agent {order.agent} (step {order.step}) was not done in the time that the workflow has: "
            "what it wrote is kept, ask for less or deploy with a longer time."
        )
        return Ending(EventType.RUN_TIMED_OUT, _error(ErrorCode.TIMED_OUT, sentence), {})
    return Ending(EventType.RUN_FAILED, _failure(order, newest), {})


def _failure(order: Order, newest: Event) -> dict[str, str]:
    if newest.type is EventType.AGENT_INVOCATION_FAILED:
        # The invoker has said it already, better than the name of its exception could.
        return {"code": str(newest.data["code"]), "error": str(newest.data["error"])}
    if order.error == ABORTED:
        why = f" ({order.cause})" if order.cause else ""
        sentence = f"The run's workflow was stopped{why} before the run's end: start the question again under a new id."
        return _error(ErrorCode.AGENT_LOST, sentence)
    told = f"{order.error}: {order.cause}" if order.cause else order.error
    return _error(ErrorCode.INTERNAL, f"The run's workflow failed ({told.rstrip('.')}); its execution tells more.")


def _error(code: ErrorCode, sentence: str) -> dict[str, str]:
    return {"code": code.value, "error": sentence}
