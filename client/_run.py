"""A run that the client follows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from client._answer_text import AnswerText
from client._event_stream import EventStream
from client._events import STATUS_BY_FINAL_EVENT, Outcome, RunEvent
from client._questions import OnQuestion, QuestionDesk, SendAnswer


class RunHandle:
    """One run: iterate over it for its events, or `wait` for its outcome. One reader at a time."""

    def __init__(
        self, stream: EventStream, session_id: str, cancel: Callable[[str], Awaitable[None]], answer: SendAnswer
    ) -> None:
        self.run_id = stream.run_id
        self.session_id = session_id
        self._stream = stream
        self._cancel = cancel
        self._send_answer = answer
        self._answer = AnswerText()
        self._count = 0
        self._last: RunEvent | None = None

    @property
    def last_seq(self) -> int:
        """The `seq` of the newest event received; `watch(run_id, after=…)` continues from it."""
        return self._stream.last_seq

    def __aiter__(self) -> AsyncIterator[RunEvent]:
        """Each event once, in order, up to the final event, across lost sockets. LongrunError if it is unreachable."""
        return self.events()

    async def events(self, on_question: OnQuestion | None = None) -> AsyncIterator[RunEvent]:
        """As iteration over the run. `on_question` is asked each question that stays open, while the events go on, and
        its answer is sent; one that is rejected is asked for again, with the reason in `problem`. What it raises is
        raised here."""
        desk = None if on_question is None else QuestionDesk(on_question, self._send_answer, self._stream.fail)
        try:
            async for event in self._stream.events():
                self._count += 1
                self._answer.add(event)
                self._last = event
                if desk is not None:
                    desk.add(event)
                yield event
        finally:
            if desk is not None:
                await desk.close()

    async def wait(self, on_question: OnQuestion | None = None, timeout: float | None = None) -> Outcome:  # noqa: ASYNC109  of a run that may wait for days
        """Read the remaining events and return the outcome; `on_question` as for `events`. A run that waits for an
        answer is waited for as long as it takes, across lost sockets, unless `timeout`, in seconds, ends that with
        TimeoutError. LongrunError if the run is unreachable."""
        async with asyncio.timeout(timeout):
            async for _event in self.events(on_question):
                pass
        return self._outcome()

    async def answer(self, answer: object, question_id: str | None = None) -> None:
        """Answer a question of the run, see LongrunClient.answer."""
        await self._send_answer(self.run_id, answer, question_id)

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
