"""A run as its watcher sees it."""

from collections.abc import AsyncIterator, Awaitable, Callable

from client.answer_text import AnswerText
from client.events import STATUS_BY_ENDING, Outcome, RunEvent
from client.feed import Feed


class RunHandle:
    """One run: iterate over it for its events, or wait for how it comes out. One reader at a time."""

    def __init__(self, feed: Feed, session_id: str, cancel: Callable[[str], Awaitable[None]]) -> None:
        self.run_id = feed.run_id
        self.session_id = session_id
        self._feed = feed
        self._cancel = cancel
        self._answer = AnswerText()
        self._count = 0
        self._last: RunEvent | None = None

    @property
    def last_seq(self) -> int:
        """The newest event that arrived; where to go on with `watch(run_id, after=…)`."""
        return self._feed.last_seq

    async def __aiter__(self) -> AsyncIterator[RunEvent]:
        """Each event once, in order, to the closing one, across lost sockets. LongrunError when it is out of reach."""
        async for event in self._feed.events():
            self._count += 1
            self._answer.add(event)
            self._last = event
            yield event

    async def wait(self) -> Outcome:
        """Read what is left and tell how the run came out. LongrunError when the run is out of reach."""
        async for _event in self:
            pass
        return self._outcome()

    async def cancel(self) -> None:
        """Ask the agent to stop; its text so far is kept, and the run ends as CANCELLED."""
        await self._cancel(self.run_id)

    def _outcome(self) -> Outcome:
        if self._last is None or not self._last.ends_run:
            raise RuntimeError("a feed ended without a closing event and without an error")
        status = STATUS_BY_ENDING[self._last.type]
        figures = self._last.data
        return Outcome(
            run_id=self.run_id,
            session_id=self.session_id,
            status=status,
            answer=self._answer.text,
            events=self._count,
            figures=figures,
            error=None
            if status == "SUCCEEDED"
            else {"code": figures.get("code", status), "error": figures.get("error")},
        )
