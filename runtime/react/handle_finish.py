"""The state that ends a run as it was meant to end: with its answer, at a limit, or cancelled."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from runtime.journal import Head, Journal
from runtime.process.lambda_function import LambdaFunction, Served
from runtime.react.ending.closing import run_end
from runtime.react.ending.endings import finished
from runtime.react.ending.run_end import RunEnd
from runtime.react.environment import Budget, ReactEnvironment
from runtime.react.replies import ENDED, ended
from runtime.react.steps import step
from runtime.react.turn_files import SavedTurn, TurnFiles


class HandleFinish:
    """Ends runs."""

    def __init__(self, journal: Journal, files: TurnFiles, end: RunEnd, budget: Budget) -> None:
        self._journal = journal
        self._files = files
        self._end = end
        self._budget = budget

    @classmethod
    def create(cls, environment: ReactEnvironment) -> "HandleFinish":
        journal = Journal.create(environment.journal)
        files = TurnFiles.create(environment.journal.payload_bucket)
        return cls(journal, files, run_end(environment, journal, files), environment.budget)

    def finish(self, run_id: str, turn: int, reason: str) -> dict[str, str]:
        """End the run for that reason, once; replies how it has ended."""
        with step("handle-finish", self._journal, run_id) as head:
            if reason == ENDED and not head.status.is_terminal:
                # an earlier function saw the run's end, or lost the run to a later one: what it was shows in the head
                reason = "cancelled" if head.cancel_requested else reason
            return ended(self._finished(head, turn, reason))

    def _finished(self, head: Head, turn: int, reason: str) -> Head:
        saved: SavedTurn | None = None
        for known in (turn, turn - 1):
            saved = saved or (self._files.turn(head.run_id, known) if known > 0 else None)
        usage = head.usage if saved is None else saved.usage
        ending = finished(reason, self._budget, usage)
        # only the answer is known to be the last that was said
        is_answer = saved is not None and saved.turn == turn and ending.error is None
        if saved is None or not is_answer:
            return self._end.end(head, ending)
        if saved.output is not None:
            ending = replace(ending, details={**ending.details, "output": saved.output})
        return self._end.end(head, ending, saved)


def _serve(service: HandleFinish, payload: Mapping[str, Any], _context: object) -> Served[dict[str, str]]:
    run_id, turn, reason = str(payload["run_id"]), int(payload["turn"]), str(payload["reason"])
    reply = service.finish(run_id, turn, reason)
    return Served(reply, {"run_id": run_id, "turn": turn, "reason": reason, "status": reply["status"]})


handler = LambdaFunction[HandleFinish, dict[str, str]](
    "handle_finish", lambda: HandleFinish.create(ReactEnvironment.read()), _serve, warm_reply={}
)
"""Lambda's entry point: `{"run_id", "turn", "reason"}`."""
