"""Requests under way, matched with the frames that answer them."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from client.errors import LongrunError, RequestError

Answer = asyncio.Future[Mapping[str, Any]]

_CODES_OF_REFUSALS: Final = frozenset(
    {"INVALID_REQUEST", "UNKNOWN_RUN", "NOT_OWNER", "CONFLICT", "THROTTLED", "INTERNAL"}
)
"""Other codes tell of a run's own trouble and answer no request."""


class Answers:
    """Who waits for what. An answer names its action and run; pong and runs have no run."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, str | None, Answer]] = []

    @contextmanager
    def expect(self, action: str, run_id: str | None) -> Iterator[Answer]:
        """A future for the answer, as long as the block lasts."""
        answer: Answer = asyncio.get_running_loop().create_future()
        entry = (action, run_id, answer)
        self._waiting.append(entry)
        try:
            yield answer
        finally:
            self._waiting.remove(entry)
            if answer.done() and not answer.cancelled():
                answer.exception()  # marks it as seen: the block may have ended for another reason

    def settle(self, action: str, run_id: str | None, frame: Mapping[str, Any]) -> None:
        """Give the frame to the first that waits for it; nobody may, after a request was sent twice."""
        for expected, run, answer in self._waiting:
            if (expected, run) == (action, run_id) and not answer.done():
                answer.set_result(frame)
                return

    def refuse(self, code: str, sentence: str, run_id: str | None) -> bool:
        """Fail the first request of that run (or of none); False where the error answers no request."""
        if code not in _CODES_OF_REFUSALS:
            return False
        waiting = [(run, answer) for _action, run, answer in self._waiting if not answer.done()]
        # What is no run id at all is not repeated in the refusal: with one request under way, that is the one.
        only = waiting if run_id is None and len(waiting) == 1 else []
        about = [entry for entry in waiting if entry[0] == run_id] or only
        if not about:
            return False
        run, answer = about[0]
        answer.set_exception(RequestError(code, sentence, run))
        return True

    def fail(self, error: LongrunError) -> None:
        """Nobody will be answered any more."""
        for _action, _run, answer in self._waiting:
            if not answer.done():
                answer.set_exception(error)
