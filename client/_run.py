"""A run that the client follows."""

from collections.abc import AsyncIterator, Awaitable, Callable

from client._answer_text import AnswerText
from client._event_stream import EventStream
from client._events import STATUS_BY_FINAL_EVENT, Outcome, RunEvent


class RunHandle:
    """One run: iterate over it for its events, or `wait` for its outcome. One reader at a time."""

    def __init__(self, stream: EventStream, session_id: str, cancel: Callable[[str], Awaitable[None]]) -> None:
        self.run_id = stream.run_id
        self.session_id = session_id
        self._stream = stream
        self._cancel = cancel
        self._answer = AnswerText()
        self._count = 0
        self._last: RunEvent | None = None

    @property
    def last_seq(self) -> int:
        """The `seq` of the newest event received; `watch(run_id, after=…)` continues from it."""
        return self._stream.last_seq

    async def __aiter__(self) -> AsyncIterator[RunEvent]:
        """Each event once, in order, up to the final event, across lost sockets. LongrunError if it is unreachable."""
        async for event in self._stream.events():
            self._count += 1
            self._answer.add(event)
            self._last = event
            yield event

    async def wait(self) -> Outcome:
        """Read the remaining events and return the outcome. LongrunError if the run is unreachable."""
        async for _event in self:
            pass
        return self._outcome()

    async def cancel(self) -> None:
        """Request cancellation: the agent stops, its text so far is kept, and the run ends as CANCELLED."""
        await self._cancel(self.run_id)

    def _outcome(self) -> Outcome:
        if self._last is None or not self._last.ends_run:
            raise RuntimeError("the event stream ended without a final event and without an error")
        status = STATUS_BY_FINAL_EVENT[self._last.type]
        data = self._last.data
        return Outcome(
            run_id=self.run_id,
            session_id=self.session_id,
            status=status,
            answer=self._answer.text,
            events=self._count,
            data=data,
            error=None if status == "SUCCEEDED" else {"code": data.get("code", status), "error": data.get("error")},
        )
