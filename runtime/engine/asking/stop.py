"""Stops a run for its agent's questions: what a worker does until the run waits, and what the next one starts with."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from contract.errors import CANCELLED_MESSAGE, ErrorCode, RunError, error_data
from contract.events import EventType
from runtime.delivery.dependencies import Dependencies
from runtime.delivery.turns import TurnDelivery
from runtime.engine.agent_task import AgentTask
from runtime.engine.asking.paused import PausedRun, PausedRunError, PausedRuns, Resumption, cannot_go_on, paused_run
from runtime.engine.asking.questions import Asked, Asker
from runtime.engine.event_writer import EventWriter
from runtime.journal import Head
from runtime.process.answer_schemas import AnswerError, fitted
from runtime.process.logs import log

_STORE_SECONDS: Final = 30.0
"""For the agent's state: a bucket that hangs must not keep the run from its end."""

_SLACK_SECONDS: Final = 300.0
"""After the last question's expiry before a waiting run counts as lost: its timer has settled it by then."""


class Stops:
    """The stops of one worker's part of a run. `step` is that of a run with steps, 0 for others."""

    def __init__(self, head: Head, step: int, writer: EventWriter, dependencies: Dependencies) -> None:
        self._run_id = head.run_id
        self._step = step
        self._writer = writer
        self._journal = dependencies.journal
        self._threads = dependencies.journal_threads
        self._delivery = TurnDelivery(dependencies.journal, dependencies.connections)
        self._ahead = tuple(head.answers)
        self._head = head
        self.asker = Asker(head.run_id, head.epoch, dependencies.question_seconds)

    async def resumption(self, paused_runs: PausedRuns) -> Resumption | None:
        """What the worker that asked has left, with the answers; None for a run that starts. Raises RunError."""
        if not self._head.resumes:
            return None
        try:
            paused = await self._threads.run(paused_runs.read, self._run_id, self._head.paused_epoch)
            asked = await self._threads.run(self._journal.questions.all, self._run_id)
            resumption = Resumption.of(paused, {one.question_id: one.answer for one in asked if not one.is_open})
        except PausedRunError as problem:
            raise cannot_go_on(problem, self._run_id) from problem
        self.asker.pauses = paused.pauses
        log("worker.resumed", pauses=paused.pauses, questions=len(paused.interrupts), strands=paused.strands)
        return resumption

    async def ask_ahead(self, asked: Sequence[Asked]) -> Mapping[str, object] | None:
        """Ask in place where every question has an answer that was given ahead of time, and return these; None where
        the run must wait."""
        if not self._are_answered(asked):
            return None
        answers = await self._ask(self._head, asked, None)
        self._ahead = self._ahead[len(asked) :]
        return answers

    async def store(self, paused_runs: PausedRuns, task: AgentTask, left: float) -> None:
        """Store the agent's state. Raises RunError where that is not possible."""
        try:
            async with asyncio.timeout(min(_STORE_SECONDS, left / 2)):
                await self._threads.run(paused_runs.write, self._paused(task))
        except PausedRunError as problem:
            raise cannot_go_on(problem, self._run_id) from problem
        except Exception as error:
            log("worker.not_paused", level="ERROR", exc_info=True)
            message = "the agent's state could not be stored while it waits for an answer; see the worker's log"
            raise RunError(ErrorCode.INTERNAL, message, self._run_id) from error

    def _paused(self, task: AgentTask) -> PausedRun:
        if task.prepared is None:
            raise PausedRunError("it has no agent")
        return paused_run(
            task.prepared.agent,
            task.asked,
            run=(self._run_id, self._head.epoch, self.asker.pauses + 1),
            said=(task.translation.texts, task.translation.open_calls),
            before=len(task.prepared.conversation.messages),
            steered=0 if task.messages is None else task.messages.given,
        )

    async def wait(self, head: Head, asked: Sequence[Asked], usage: Mapping[str, int]) -> dict[str, Any]:
        """Ask, after which any other worker may continue, and bring the subscribers up to date. Raises what
        EventWriter.ask does."""
        answers = await self._ask(head, asked, usage)
        if answers is not None:
            await self._threads.run(self._end_if_cancelled)
            try:
                await self._threads.run(self._delivery.deliver, self._run_id)
            except Exception:
                log("worker.question_not_posted", level="WARNING", exc_info=True)
        return {"ending": EventType.QUESTION, "questions": len(asked), "answered": len(answers or ())}

    async def _ask(
        self, head: Head, asked: Sequence[Asked], usage: Mapping[str, int] | None
    ) -> Mapping[str, object] | None:
        now = self.asker.now()
        last = max(one.question.expires_at for one in asked)
        # What was left of the run's time when it stopped is left after the answers as well.
        until = last + max(head.deadline_at - now, _SLACK_SECONDS)
        newest = replace(head, answers=self._ahead)
        return await self._writer.ask(newest, [(one.question, one.source) for one in asked], until, self._step, usage)

    def _are_answered(self, asked: Sequence[Asked]) -> bool:
        if len(self._ahead) < len(asked):
            return False
        try:
            for one, answer in zip(asked, self._ahead, strict=False):
                fitted(one.question.schema, answer)
        except AnswerError:
            return False
        return True

    def _end_if_cancelled(self) -> None:
        """A request to cancel that came before the question found a run with a worker, and none is left to serve it;
        whoever cancels a run that waits ends it himself."""
        if self._journal.head(self._run_id).cancel_requested:
            error = error_data(None, CANCELLED_MESSAGE)
            self._journal.close(
                self._run_id, EventType.RUN_CANCELLED, {"stop_reason": "cancelled", **error}, error=error
            )
