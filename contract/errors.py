"""Errors that callers see: a stable code for programs, a message for people."""

from enum import StrEnum
from typing import Final

QUERY_TIMEOUT_MESSAGE: Final = "Query timeout - Lambda execution time limit reached"

CANCELLED_MESSAGE: Final = "the run was cancelled; the text so far is kept"


class ErrorCode(StrEnum):
    """Stable codes: programs branch on these, people read the sentence beside them."""

    INVALID_REQUEST = "INVALID_REQUEST"
    UNKNOWN_RUN = "UNKNOWN_RUN"
    NOT_OWNER = "NOT_OWNER"
    CONFLICT = "CONFLICT"
    TIMED_OUT = "TIMED_OUT"
    THROTTLED = "THROTTLED"
    MODEL_ERROR = "MODEL_ERROR"
    TOOL_ERROR = "TOOL_ERROR"
    AGENT_LOST = "AGENT_LOST"
    INTERNAL = "INTERNAL"


class RunError(Exception):
    """An error that the caller is told: a stable code, a sentence, and the run it is about."""

    def __init__(self, code: ErrorCode, message: str, run_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.run_id = run_id
