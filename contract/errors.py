"""Errors that callers see: a stable code for programs, a message for people."""

from enum import StrEnum
from typing import Final

QUERY_TIMEOUT_MESSAGE: Final = "Query timeout - Lambda execution time limit reached"
CANCELLED_MESSAGE: Final = "the run was cancelled; the text so far is kept"


class ErrorCode(StrEnum):
    """Stable codes: programs branch on these, people read the message beside them."""

    INVALID_REQUEST = "INVALID_REQUEST"
    UNKNOWN_RUN = "UNKNOWN_RUN"
    NOT_OWNER = "NOT_OWNER"
    CONFLICT = "CONFLICT"
    TIMED_OUT = "TIMED_OUT"
    THROTTLED = "THROTTLED"
    MODEL_ERROR = "MODEL_ERROR"
    TOOL_ERROR = "TOOL_ERROR"
    NEEDS_ANSWER = "NEEDS_ANSWER"
    """The agent waits for a person, and its run cannot ask one."""
    AGENT_LOST = "AGENT_LOST"
    INTERNAL = "INTERNAL"


NOTHING_TO_CLAIM: Final = frozenset({ErrorCode.CONFLICT, ErrorCode.UNKNOWN_RUN})
"""Codes with which the journal rejects a claim where there is no work left: the run is another worker's, or gone."""


class RunError(Exception):
    """An error that the caller sees: a stable code, a message, and the run that it is about."""

    def __init__(self, code: ErrorCode, message: str, run_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.run_id = run_id

    @property
    def data(self) -> dict[str, str]:
        """The error as events and the run's head hold it."""
        return error_data(self.code, self.message)


def error_data(code: ErrorCode, message: str) -> dict[str, str]:
    """An error as events and the run's head hold it: `code` and `error`, the message."""
    return {"code": code.value, "error": message}
