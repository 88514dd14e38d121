"""Errors that callers see: a stable code for programs, a message for people."""

from enum import StrEnum
from typing import Final

QUERY_TIMEOUT_MESSAGE: Final = "Query timeout - Lambda execution time limit reached"
CANCELLED_MESSAGE: Final = "the run was cancelled; the text so far is kept"

MAX_MESSAGE_CHARS: Final = 2_000
"""Of an error in a journal: the run's head is one item of 400 KB, and a workflow's state has 256 KB."""

_LEFT_OUT: Final = " […] "
_KEPT_AT_THE_END: Final = 400


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
    LIMIT_REACHED = "LIMIT_REACHED"
    """The run has used up its turns, tokens or costs."""
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


def error_data(code: ErrorCode | None, message: str) -> dict[str, str]:
    """An error as events and the run's head hold it: `code`, which a cancelled run lacks, and `error`, the message. A
    message of more than MAX_MESSAGE_CHARS loses its middle."""
    if len(message) > MAX_MESSAGE_CHARS:
        # the end of a message says what to do
        kept = MAX_MESSAGE_CHARS - len(_LEFT_OUT) - _KEPT_AT_THE_END
        message = f"{message[:kept]}{_LEFT_OUT}{message[-_KEPT_AT_THE_END:]}"
    return ({} if code is None else {"code": code.value}) | {"error": message}
