"""The state that ends a run which failed: its cause is what a person can act on, never a stack trace."""

from collections.abc import Mapping
from typing import Any

from contract.errors import ErrorCode, RunError
from contract.workflow_input import run_id_of_execution
from runtime.journal import Journal
from runtime.process.lambda_function import LambdaFunction, Served
from runtime.react.ending.closing import run_end
from runtime.react.ending.endings import failed
from runtime.react.ending.run_end import RunEnd
from runtime.react.environment import ReactEnvironment
from runtime.react.replies import END, ended
from runtime.react.steps import step
from runtime.react.turn_files import TurnFiles


class HandleError:
    """Ends failed runs."""

    def __init__(self, journal: Journal, end: RunEnd) -> None:
        self._journal = journal
        self._end = end

    @classmethod
    def create(cls, environment: ReactEnvironment) -> "HandleError":
        journal = Journal.create(environment.journal)
        files = TurnFiles.create(environment.journal.payload_bucket)
        return cls(journal, run_end(environment, journal, files))

    def handle(self, run_id: str, state: str, error: str, cause: str) -> dict[str, str]:
        """End the run because that state failed, once; replies how it has ended. A run that the first state has not
        accepted is left to the finalizer, which has its input."""
        ending = failed(state, error, cause)
        try:
            with step("handle-error", self._journal, run_id) as head:
                return {"next": END, **ended(self._end.end(head, ending))}
        except RunError as problem:
            if problem.code is not ErrorCode.UNKNOWN_RUN:
                raise
            # nothing was accepted: the execution itself is all that shows the failure
            told = ending.error or {}
            return {"next": END, "status": "FAILED", "code": told.get("code", ""), "sentence": told.get("error", "")}


def run_of(payload: Mapping[str, Any]) -> str:
    """The run's id: as the payload has it, otherwise that of its execution. The state machine may know no more of it
    than the input says."""
    given = {"runId": payload.get("run_id")}
    return run_id_of_execution(given, str(payload.get("name", "")), str(payload.get("execution", "")))


def _serve(service: HandleError, payload: Mapping[str, Any], _context: object) -> Served[dict[str, str]]:
    run_id, state, error = run_of(payload), str(payload["state"]), str(payload["error"])
    reply = service.handle(run_id, state, error, str(payload.get("cause") or ""))
    return Served(reply, {"run_id": run_id, "state": state, "error": error, "status": reply["status"]})


handler = LambdaFunction[HandleError, dict[str, str]](
    "handle_error", lambda: HandleError.create(ReactEnvironment.read()), _serve, warm_reply={}
)
"""Lambda's entry point: `{"run_id", "execution", "name", "state", "error", "cause"}`."""
