"""How a run ends."""

from dataclasses import dataclass
from typing import Any

from contract.errors import CANCELLED_MESSAGE, QUERY_TIMEOUT_MESSAGE, ErrorCode, RunError
from contract.events import EventType
from runtime.engine.cancellation import StopCause

_EVICTED_SENTENCE = "the agent's session was ended from outside before its work was done; start the run again"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The closing event, why the agent stopped, and what the user is told if it is no success."""

    ending: EventType
    stop_reason: str
    code: ErrorCode | None = None
    sentence: str | None = None

    @classmethod
    def succeeded(cls, stop_reason: str) -> "Outcome":
        return cls(EventType.RUN_SUCCEEDED, stop_reason)

    @classmethod
    def failed(cls, error: RunError) -> "Outcome":
        return cls(EventType.RUN_FAILED, "error", error.code, error.message)

    @classmethod
    def stopped(cls, cause: StopCause, run_id: str, timeout: str = QUERY_TIMEOUT_MESSAGE) -> "Outcome":
        """`timeout` says whose time was over. Where the run is not ours any more nobody writes the outcome; it is made
        all the same."""
        if cause is StopCause.CANCELLED:
            return cls(EventType.RUN_CANCELLED, "cancelled", None, CANCELLED_MESSAGE)
        if cause is StopCause.DEADLINE:
            return cls(EventType.RUN_TIMED_OUT, "timed_out", ErrorCode.TIMED_OUT, timeout)
        if cause is StopCause.EVICTED:
            return cls(EventType.RUN_FAILED, "evicted", ErrorCode.AGENT_LOST, _EVICTED_SENTENCE)
        sentence = f"the run could not be recorded; the worker's log tells why under run {run_id}"
        return cls(EventType.RUN_FAILED, "error", ErrorCode.INTERNAL, sentence)

    def error(self) -> dict[str, Any] | None:
        """The error as the head and the closing event tell it, None after a success."""
        if self.sentence is None:
            return None
        return {"error": self.sentence} | ({} if self.code is None else {"code": self.code.value})
