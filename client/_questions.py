"""The open questions of a run, and the callback of a program that answers them."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from client._errors import RequestError
from client._events import RunEvent
from contract.errors import ErrorCode

LATER: Final = object()
"""What a callback returns to leave its question open."""

_GRACE: Final = 0.2
"""Seconds in which the answer of a question may follow it: of one that was given ahead of time, or in a replay."""


@dataclass(frozen=True, slots=True)
class RunQuestion:
    """A question of a run: its text, the JSON schema of its answer (None: any value), the answer that counts at its
    expiry (None: none, and the run ends then), and its expiry, ISO 8601 in UTC. `problem` is the reason why the last
    answer was rejected, empty at first."""

    run_id: str
    question_id: str
    text: str
    schema: Mapping[str, Any] | None
    default: object
    expires_at: str
    problem: str = ""

    @classmethod
    def of(cls, event: RunEvent) -> "RunQuestion":
        """The question in an event QUESTION."""
        data = event.data
        schema = data.get("schema")
        return cls(
            run_id=event.run_id,
            question_id=str(data.get("question_id", "")),
            text=str(data.get("text", "")),
            schema=schema if isinstance(schema, Mapping) else None,
            default=data.get("default"),
            expires_at=str(data.get("expires_at", "")),
            problem=str(data.get("rejected", "")),
        )


class OpenQuestions:
    """The questions that are open after the events so far, in order, by their ids."""

    def __init__(self) -> None:
        self._open: dict[str, RunQuestion] = {}

    def add(self, event: RunEvent) -> None:
        """Take the next event of the run."""
        if event.type == "QUESTION":
            question = RunQuestion.of(event)
            self._open[question.question_id] = question
        elif event.type == "ANSWER":
            self._open.pop(str(event.data.get("question_id", "")), None)
        elif event.ends_run:
            self._open.clear()

    @property
    def all(self) -> Mapping[str, RunQuestion]:
        return self._open


OnQuestion = Callable[[RunQuestion], Awaitable[object] | object]
"""Returns the answer, any JSON value, or LATER. It is cancelled where somebody else answers, or the run ends."""

SendAnswer = Callable[[str, object, str | None], Awaitable[None]]


class QuestionDesk:
    """Asks a program the open questions of a run, one at a time, and sends its answers."""

    def __init__(self, on_question: OnQuestion, send: SendAnswer, failed: Callable[[Exception], None]) -> None:
        """`send` takes run id, answer and question id; `failed` gets what the callback or `send` raises."""
        self._on_question = on_question
        self._send = send
        self._failed = failed
        self._questions = OpenQuestions()
        self._left: set[str] = set()
        self._asked: tuple[str, asyncio.Task[None]] | None = None

    def add(self, event: RunEvent) -> None:
        """Take the next event of the run."""
        self._questions.add(event)
        if self._asked is not None and self._asked[0] not in self._questions.all:
            self._asked[1].cancel()
        self._ask_next()

    async def close(self) -> None:
        """Ask no more."""
        if self._asked is not None:
            task = self._asked[1]
            self._left |= set(self._questions.all)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _ask_next(self) -> None:
        if self._asked is not None:
            return
        question = next((known for key, known in self._questions.all.items() if key not in self._left), None)
        if question is None:
            return
        task = asyncio.create_task(self._ask(question))
        self._asked = (question.question_id, task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        if self._asked is not None:
            self._left.add(self._asked[0])
        self._asked = None
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._failed(error)
        else:
            self._ask_next()

    async def _ask(self, question: RunQuestion) -> None:
        await asyncio.sleep(_GRACE)
        while True:
            given = self._on_question(question)
            answer = await given if inspect.isawaitable(given) else given
            if answer is LATER:
                return
            try:
                await self._send(question.run_id, answer, question.question_id)
            except RequestError as error:
                if error.code == ErrorCode.CONFLICT:
                    return  # somebody else was faster: the events tell
                if error.code != ErrorCode.INVALID_REQUEST:
                    raise
                question = replace(question, problem=error.message)
            else:
                return
