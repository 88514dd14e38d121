"""Settles a question whose timer has fired, see QuestionTimers."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from contract.errors import ErrorCode, RunError
from contract.events import Status
from runtime.delivery.dependencies import Dependencies
from runtime.delivery.turns import TurnDelivery
from runtime.process.logs import log

_MOST_EARLY: Final = 60.0
"""Seconds by which a timer may fire before the question's expiry: the clocks of two machines differ."""


class Expiry:
    """Settles expired questions of runs without a workflow."""

    def __init__(self, dependencies: Dependencies, clock: Callable[[], float] = time.time) -> None:
        self._journal = dependencies.journal
        self._threads = dependencies.journal_threads
        self._delivery = TurnDelivery(dependencies.journal, dependencies.connections)
        self._clock = clock

    async def settle(self, run_id: str, question_id: str, seconds_left: float) -> bool:
        """Whether the run goes on by the question's default, which another worker may have begun. Without a default the
        run ends as TIMED_OUT. A question that is settled stays as it is; its run goes on
        where no worker has begun yet."""
        asked = await self._threads.run(self._journal.questions.get, run_id, question_id)
        if asked is None or not asked.is_open:
            goes_on = asked is not None and await self._threads.run(self._waits_for_worker, run_id)
            log("worker.timer_idle", run_id=run_id, question_id=question_id, goes_on=goes_on)
            return goes_on
        early = asked.question.expires_at - self._clock()
        if 0 < early <= _MOST_EARLY:
            await asyncio.sleep(early + 0.1)
        try:
            goes_on, outcome = await self._threads.run(self._settle, run_id, question_id, seconds_left)
        except RunError as problem:
            if problem.code is not ErrorCode.UNKNOWN_RUN:
                raise
            goes_on, outcome = False, "gone"
        log("worker.question_expired", run_id=run_id, question_id=question_id, outcome=outcome)
        return goes_on

    def _waits_for_worker(self, run_id: str) -> bool:
        """Whether a reader has settled the question, and the worker that it invoked has not begun."""
        try:
            head = self._journal.head(run_id)
        except RunError:
            return False
        return head.status is Status.QUEUED and not head.workflow

    def _settle(self, run_id: str, question_id: str, seconds_left: float) -> tuple[bool, str]:
        settled = self._journal.questions.expire(run_id, question_id, self._clock() + seconds_left)
        ended = None if settled else self._journal.questions.close_expired(run_id, question_id)
        if settled is None and ended is None:
            return False, "settled already"
        try:
            self._delivery.deliver(run_id)
        except Exception:
            log("worker.expiry_not_posted", level="WARNING", run_id=run_id, exc_info=True)
        if settled is None:
            return False, "timed out"
        return settled.goes_on, "default"
