"""Ends every run that no state could end: on the status event of an execution that failed, timed out or was stopped."""

import json
from collections.abc import Mapping
from typing import Any, Final

from contract.errors import ErrorCode, RunError
from contract.events import EventType
from runtime.journal import Head, Journal
from runtime.process.lambda_function import LambdaFunction, Served
from runtime.process.logs import log
from runtime.react.acceptance import Acceptance, Execution
from runtime.react.ending.closing import run_end
from runtime.react.ending.endings import Ending, cancelled, stopped
from runtime.react.ending.run_end import RunEnd
from runtime.react.environment import ReactEnvironment
from runtime.react.replies import ended
from runtime.react.steps import step
from runtime.react.turn_files import TurnFiles

_NOTHING: Final = {"status": "", "code": "", "sentence": ""}


class Finalizer:
    """Ends runs whose execution has ended."""

    def __init__(self, journal: Journal, acceptance: Acceptance, end: RunEnd) -> None:
        self._journal = journal
        self._acceptance = acceptance
        self._end = end

    @classmethod
    def create(cls, environment: ReactEnvironment) -> "Finalizer":
        journal = Journal.create(environment.journal)
        files = TurnFiles.create(environment.journal.payload_bucket)
        acceptance = Acceptance(journal, environment.agents, environment.run_timeout)
        return cls(journal, acceptance, run_end(environment, journal, files))

    def finalize(self, execution: Execution, ending: Ending) -> dict[str, str]:
        """End the execution's run, once; replies how it has ended, nothing for a run of another execution."""
        head = self._head(execution)
        if head is None:
            return _NOTHING
        with step("finalizer", self._journal, head.run_id) as newest:
            if newest.cancel_requested and ending.type is EventType.RUN_FAILED:
                ending = cancelled()
            return ended(self._end.end(newest, ending))

    def _head(self, execution: Execution) -> Head | None:
        """The run's head, accepted now where the execution ended before; None for a run of another execution."""
        try:
            head = self._journal.head(execution.run_id)
        except RunError as problem:
            if problem.code is not ErrorCode.UNKNOWN_RUN:
                raise
            return self._acceptance.record(execution, execution.traceparent)
        return head if head.workflow == execution.arn else None


def _serve(service: Finalizer, event: Mapping[str, Any], _context: object) -> Served[dict[str, str]]:
    detail = event["detail"]
    execution = Execution(str(detail["executionArn"]), str(detail["name"]), _input(detail.get("input")))
    ending = stopped(str(detail["status"]), str(detail.get("error") or ""), str(detail.get("cause") or ""))
    reply = service.finalize(execution, ending)
    if reply is _NOTHING:
        log("finalizer.ignored", execution=execution.arn)
    return Served(reply, {"run_id": execution.run_id, "status": reply["status"]})


def _input(text: object) -> object:
    """The execution's input; None where the event has none, as for one of more than 256 KB with its output."""
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


handler = LambdaFunction[Finalizer, dict[str, str]](
    "react_finalizer", lambda: Finalizer.create(ReactEnvironment.read()), _serve, warm_reply=_NOTHING
)
"""Lambda's entry point: EventBridge's "Step Functions Execution Status Change"."""
