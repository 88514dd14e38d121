"""How a run ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from contract.errors import CANCELLED_MESSAGE, QUERY_TIMEOUT_MESSAGE, ErrorCode, RunError, error_data
from contract.events import EventType
from runtime.engine.cancellation import CancellationCause

_EVICTED_MESSAGE: Final = "the agent's session was ended from outside before its work was done; start the run again"

ANSWERED: Final = frozenset({"end_turn", "stop_sequence", "tool_use", "cancelled"})
"""Stop reasons of an agent that has ended by itself: `tool_use` after its structured output or a tool that ends the
agent, `cancelled` where a tool or a hook of its own has ended it."""

_MODEL_STOPPED: Final = {
    "content_filtered": "the provider's content filter stopped the model's answer; the text so far is kept, ask in "
    "other words",
    "guardrail_intervened": "a guardrail stopped the model's answer; the text so far is kept, ask in other words",
    "model_context_window_exceeded": "the conversation has become longer than the model can read, so its answer broke "
    "off; the text so far is kept, start a new session",
    "max_tokens": "the model's answer reached its token limit and broke off; ask for a shorter one",
    "refusal": "the model refused to answer; the text so far is kept, ask in other words",
    "malformed_model_output": "the model's answer could not be read; the text so far is kept, ask again",
    "malformed_tool_use": "the model called a tool in a form that could not be read; the text so far is kept, ask "
    "again",
    "limit_turns": "the agent reached its limit of turns before it had an answer; the text so far is kept, ask for "
    "less",
    "limit_output_tokens": "the agent reached its limit of output tokens before it had an answer; the text so far is "
    "kept, ask for less",
    "limit_total_tokens": "the agent reached its limit of tokens before it had an answer; the text so far is kept, ask "
    "for less",
}

"""Of what an agent asks a person."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The final event, why the agent stopped, the error for the user where it is no success, and what else the final
    event has."""

    final_event: EventType
    stop_reason: str
    code: ErrorCode | None = None
    message: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def ended(cls, stop_reason: str, *, has_answer: bool, output: object = None) -> "Outcome":
        """Of an agent that has ended by itself. Only an answer is a success: a reason that is not known here is an
        error of the model. `output` is the object of an agent with structured output, as JSON values."""
        if stop_reason in ANSWERED and has_answer:
            details = {} if output is None else {"output": output}
            return cls(EventType.RUN_SUCCEEDED, stop_reason if output is None else "end_turn", details=details)
        code, message = _unanswered(stop_reason)
        return cls(EventType.RUN_FAILED, stop_reason, code, message)

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
        return error_data(self.code, self.message)


def _unanswered(stop_reason: str) -> tuple[ErrorCode, str]:
    if stop_reason == "checkpoint":
        message = "the agent paused at a checkpoint, and a run cannot resume it; create the agent without checkpointing"
        return ErrorCode.INTERNAL, message
    if stop_reason in {"tool_use", "cancelled"}:
        return ErrorCode.INTERNAL, f"the agent ended itself ({stop_reason}) before it had an answer; ask again"
    if stop_reason in ANSWERED:
        return ErrorCode.MODEL_ERROR, "the model ended its turn without an answer; ask again"
    unknown = f"the model stopped for the reason {stop_reason}, before its answer was complete; the text so far is kept"
    return ErrorCode.MODEL_ERROR, _MODEL_STOPPED.get(stop_reason, unknown)
