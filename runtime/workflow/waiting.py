"""A background run that waits for answers: its state machine has expired questions settled, and waits by a token."""

import math
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from contract.events import Status
from runtime.delivery.turns import TurnDelivery
from runtime.journal import Journal
from runtime.journal.questions import StoredQuestion
from runtime.process.logs import log
from runtime.process.task_tokens import TaskTokens


class Following(StrEnum):
    """What the state machine does next: wait for an answer, invoke the step that asked again, or poll."""

    WAIT = "WAIT"
    RESUME = "RESUME"
    POLL = "POLL"


class WaitingRuns:
    """Serves the states SettleQuestions and AwaitAnswer. Raises RunError UNKNOWN_RUN, or THROTTLED."""

    def __init__(
        self,
        journal: Journal,
        delivery: TurnDelivery,
        tokens: TaskTokens,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._journal = journal
        self._delivery = delivery
        self._tokens = tokens
        self._clock = clock

    def settle(self, run_id: str) -> dict[str, Any]:
        """Settle the expired questions: by their defaults, or the run ends as TIMED_OUT. Returns what follows, and the
        seconds until the next question expires."""
        settled = [self._settle(run_id, overdue) for overdue in self._journal.questions.overdue(run_id)]
        if any(settled):
            self._deliver(run_id)
        head = self._journal.head(run_id)
        if head.cancel_requested or head.status is not Status.WAITING:
            # a poll ends a run that is to be cancelled
            over = head.cancel_requested or head.status.is_terminal
            following = Following.POLL if over else Following.RESUME
            return {"following": following.value, "question_seconds": 0}
        expiries = [asked.question.expires_at for asked in self._journal.questions.open(run_id)]
        seconds = max(1, math.ceil(min(expiries) - self._clock())) if expiries else 1
        return {"following": Following.WAIT.value, "question_seconds": seconds}

    def wait(self, run_id: str, token: str) -> bool:
        """Have the answer of the open questions sent to the state with this token. False where nothing is open any
        more, or the run is to be cancelled: the state has been notified."""
        stored = [
            self._journal.questions.store_token(run_id, asked.question_id, token)
            for asked in self._journal.questions.open(run_id)
        ]
        head = self._journal.head(run_id)
        # after the token is stored: whoever cancels the run sets the request before he looks for tokens
        if any(stored) and head.status is Status.WAITING and not head.cancel_requested:
            return True
        self._tokens.succeed(token, {"status": head.status.value})
        return False

    def _settle(self, run_id: str, asked: StoredQuestion) -> bool:
        outcome = "default"
        event = self._journal.questions.expire(run_id, asked.question_id)
        if event is None:
            outcome = "timed out"
            if self._journal.questions.close_expired(run_id, asked.question_id) is None:
                return False
        log("workflow.question_expired", run_id=run_id, question_id=asked.question_id, outcome=outcome)
        return True

    def _deliver(self, run_id: str) -> None:
        try:
            self._delivery.deliver(run_id)
        except Exception:
            log("workflow.expiry_not_posted", level="WARNING", run_id=run_id, exc_info=True)
