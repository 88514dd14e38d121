"""Matches the frames that the deployment sends with the requests that wait for them."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from client._errors import LongrunError, RequestError
from contract.errors import ErrorCode

Response = asyncio.Future[Mapping[str, Any]]

_REQUEST_ERRORS: Final[frozenset[str]] = frozenset(
    {
        ErrorCode.INVALID_REQUEST,
        ErrorCode.UNKNOWN_RUN,
        ErrorCode.NOT_OWNER,
        ErrorCode.CONFLICT,
        ErrorCode.THROTTLED,
        ErrorCode.INTERNAL,
    }
)
"""Codes of error frames that respond to a request. All other codes are about a run itself."""


class PendingRequests:
    """The requests without a response. A response names its action and run; pong and runs have no run."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, str | None, Response]] = []

    @contextmanager
    def expect(self, action: str, run_id: str | None) -> Iterator[Response]:
        """A future for the response, valid inside the block."""
        response: Response = asyncio.get_running_loop().create_future()
        entry = (action, run_id, response)
        self._waiting.append(entry)
        try:
            yield response
        finally:
            self._waiting.remove(entry)
            if response.done() and not response.cancelled():
                response.exception()  # marks it as retrieved: the block may have ended for another reason

    def settle(self, action: str, run_id: str | None, frame: Mapping[str, Any]) -> None:
        """Pass the frame to the first request that waits for it. There may be none: a request that was sent twice
        gets two responses."""
        for expected, run, response in self._waiting:
            if (expected, run) == (action, run_id) and not response.done():
                response.set_result(frame)
                return

    def reject(self, code: str, message: str, run_id: str | None) -> bool:
        """Fail the first request of that run (or without a run). False if the error responds to no request."""
        if code not in _REQUEST_ERRORS:
            return False
        waiting = [(run, response) for _action, run, response in self._waiting if not response.done()]
        # The error does not repeat a malformed run id. If exactly one request is pending, the error is for that one.
        only = waiting if run_id is None and len(waiting) == 1 else []
        about = [entry for entry in waiting if entry[0] == run_id] or only
        if not about:
            return False
        run, response = about[0]
        response.set_exception(RequestError(code, message, run))
        return True

    def fail(self, error: LongrunError) -> None:
        """Fail all pending requests."""
        for _action, _run, response in self._waiting:
            if not response.done():
                response.set_exception(error)
