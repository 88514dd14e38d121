"""How a run ends."""

from dataclasses import dataclass

from contract.errors import CANCELLED_MESSAGE, QUERY_TIMEOUT_MESSAGE, ErrorCode, RunError
from contract.events import EventType
from runtime.engine.cancellation import CancellationCause

_EVICTED_MESSAGE = "the agent's session was ended from outside before its work was done; start the run again"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The final event, why the agent stopped, and the error for the user where it is no success."""

    final_event: EventType
    stop_reason: str
    code: ErrorCode | None = None
    message: str | None = None

    @classmethod
    def succeeded(cls, stop_reason: str) -> "Outcome":
        return cls(EventType.RUN_SUCCEEDED, stop_reason)

    @classmethod
    def failed(cls, error: RunError) -> "Outcome":
        return cls(EventType.RUN_FAILED, "error", error.code, error.message)

    @classmethod
    def stopped(cls, cause: CancellationCause, run_id: str, timeout: str = QUERY_TIMEOUT_MESSAGE) -> "Outcome":
        """`timeout` is the message for a deadline. Where another worker has the run nobody writes the outcome."""
        if cause is CancellationCause.REQUESTED:
            return cls(EventType.RUN_CANCELLED, "cancelled", None, CANCELLED_MESSAGE)
        if cause is CancellationCause.DEADLINE:
            return cls(EventType.RUN_TIMED_OUT, "timed_out", ErrorCode.TIMED_OUT, timeout)
        if cause is CancellationCause.EVICTED:
            return cls(EventType.RUN_FAILED, "evicted", ErrorCode.AGENT_LOST, _EVICTED_MESSAGE)
        message = f"the run could not be recorded; see the worker's log under run {run_id} for the reason"
        return cls(EventType.RUN_FAILED, "error", ErrorCode.INTERNAL, message)

    def error(self) -> dict[str, str] | None:
        """The error as the head and the final event hold it, None after a success; a cancelled run has no code."""
        if self.message is None:
            return None
        return {"error": self.message} | ({} if self.code is None else {"code": self.code.value})
