"""The HTTP status of an error, the same for every endpoint."""

from collections.abc import Mapping
from typing import Final

from contract.errors import ErrorCode, RunError

INTERNAL_STATUS: Final = 500

_STATUSES: Final[Mapping[ErrorCode, int]] = {
    ErrorCode.INVALID_REQUEST: 400,
    ErrorCode.UNKNOWN_RUN: 404,
    ErrorCode.NOT_OWNER: 403,
    ErrorCode.CONFLICT: 409,
    ErrorCode.TIMED_OUT: 504,
    ErrorCode.THROTTLED: 429,
    ErrorCode.MODEL_ERROR: 502,
    ErrorCode.TOOL_ERROR: 502,
    ErrorCode.LIMIT_REACHED: 429,
    ErrorCode.AGENT_LOST: INTERNAL_STATUS,
    ErrorCode.INTERNAL: INTERNAL_STATUS,
}


class RequestError(RunError):
    """A request that HTTP itself rejects: it has a status, and headers, of its own."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(ErrorCode.INVALID_REQUEST, message)
        self.status = status
        self.headers = dict(headers or {})


def status_of(code: ErrorCode) -> int:
    return _STATUSES[code]
