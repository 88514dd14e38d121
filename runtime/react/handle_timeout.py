"""The state after an expiry: a question with a default is settled by it and the run goes on; any other expiry ends the
run."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from contract.errors import ErrorCode, RunError
from contract.events import Status
from contract.react_steps import RUNNING, WAITING
from runtime.delivery.turns import TurnDelivery
from runtime.journal import Head, Journal
from runtime.process.lambda_function import LambdaFunction, Served
from runtime.react.ending.closing import run_end
from runtime.react.ending.endings import timed_out
from runtime.react.ending.run_end import RunEnd
from runtime.react.environment import ReactEnvironment
from runtime.react.handle_error import run_of
from runtime.react.replies import END, RESUME, WAIT, ended
from runtime.react.steps import connections, step
from runtime.react.turn_files import TurnFiles


class HandleTimeout:
    """Settles expired questions, and ends runs whose time is over."""

    def __init__(
        self, journal: Journal, end: RunEnd, delivery: TurnDelivery, clock: Callable[[], float] = time.time
    ) -> None:
        self._journal = journal
        self._end = end
        self._delivery = delivery
        self._clock = clock

    @classmethod
    def create(cls, environment: ReactEnvironment) -> "HandleTimeout":
        journal = Journal.create(environment.journal)
        files = TurnFiles.create(environment.journal.payload_bucket)
        delivery = TurnDelivery(journal, connections(environment))
        return cls(journal, run_end(environment, journal, files), delivery)

    def handle(self, run_id: str, state: str) -> dict[str, Any]:
        """Replies `next` RESUME where every question has its answer now, WAIT and `seconds` where others have more
        time, otherwise END and how the run has ended."""
        try:
            with step("handle-timeout", self._journal, run_id) as head:
                if (following := self._settle(head, state)) is not None:
                    self._delivery.deliver(run_id)
                    return following
                # the expiry of a question has ended the run by now, with the question in its message
                return {"next": END, **ended(self._end.end(self._journal.head(run_id), timed_out(state)))}
        except RunError as problem:
            if problem.code is not ErrorCode.UNKNOWN_RUN:
                raise
            return {"next": END, "status": "TIMED_OUT", "code": "TIMED_OUT", "sentence": problem.message}

    def _settle(self, head: Head, state: str) -> dict[str, Any] | None:
        """How the run goes on after its expired questions have been settled; None where it does not."""
        if head.status is Status.WAITING:
            self._journal.questions.settle_overdue(head.run_id)
            head = self._journal.head(head.run_id)
        if state != "SendPrompt":
            return None
        # an answer may have come between the state's timeout and this function
        if head.status is Status.RUNNING and not head.open_questions:
            return {"next": RESUME, "status": RUNNING, "code": "", "sentence": ""}
        expiries = [asked.question.expires_at for asked in self._journal.questions.open(head.run_id)]
        if head.status is Status.WAITING and expiries:
            seconds = max(1, math.ceil(min(expiries) - self._clock()))
            return {"next": WAIT, "status": WAITING, "code": "", "sentence": "", "seconds": seconds}
        return None


def _serve(service: HandleTimeout, payload: Mapping[str, Any], _context: object) -> Served[dict[str, Any]]:
    run_id, state = run_of(payload), str(payload["state"])
    reply = service.handle(run_id, state)
    return Served(reply, {"run_id": run_id, "state": state, "next": reply["next"], "status": reply["status"]})


handler = LambdaFunction[HandleTimeout, dict[str, Any]](
    "handle_timeout", lambda: HandleTimeout.create(ReactEnvironment.read()), _serve, warm_reply={}
)
"""Lambda's entry point: `{"run_id", "execution", "name", "state", "error", "cause"}`."""
