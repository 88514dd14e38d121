"""The state that ends a run which failed: its cause is what a person can act on, never a stack trace."""

from collections.abc import Mapping
from typing import Any

from contract.errors import ErrorCode, RunError
from runtime.journal import Journal
from runtime.process.lambda_function import LambdaFunction, Served
from runtime.react.acceptance import Acceptance, Execution
from runtime.react.ending.closing import run_end
from runtime.react.ending.endings import failed
from runtime.react.ending.run_end import RunEnd
from runtime.react.environment import ReactEnvironment
from runtime.react.replies import END, ended
from runtime.react.steps import step
from runtime.react.turn_files import TurnFiles


class HandleError:
    """Ends failed runs."""

    def __init__(self, journal: Journal, acceptance: Acceptance, end: RunEnd) -> None:
        self._journal = journal
        self._acceptance = acceptance
        self._end = end

    @classmethod
    def create(cls, environment: ReactEnvironment) -> "HandleError":
        journal = Journal.create(environment.journal)
        files = TurnFiles.create(environment.journal.payload_bucket)
        acceptance = Acceptance(journal, environment.agents, environment.run_timeout)
        return cls(journal, acceptance, run_end(environment, journal, files))

    def handle(self, run_id: str, state: str, error: str, cause: str, execution: Execution | None) -> dict[str, str]:
        """End the run because that state failed, once; replies how it has ended. With `execution`, a run that the first
        state has not accepted is accepted before."""
        ending = failed(state, error, cause)
        try:
            if execution is not None:
                self._accepted(execution)
            with step("handle-error", self._journal, run_id) as head:
                return {"next": END, **ended(self._end.end(head, ending))}
        except RunError as problem:
            if problem.code is not ErrorCode.UNKNOWN_RUN:
                raise
            # nothing was accepted: the execution itself is all that shows the failure
            told = ending.error or {}
            return {"next": END, "status": "FAILED", "code": told.get("code", ""), "sentence": told.get("error", "")}

    def _accepted(self, execution: Execution) -> None:
        try:
            self._journal.head(execution.run_id)
        except RunError as problem:
            if problem.code is not ErrorCode.UNKNOWN_RUN:
                raise
            self._acceptance.accept(execution, execution.traceparent)


def execution_of(payload: Mapping[str, Any]) -> Execution | None:
    """The execution that a payload names, as that of the first state does; None for none."""
    if "execution" not in payload:
        return None
    return Execution(str(payload["execution"]), str(payload.get("name", "")), payload.get("input"))


def run_of(payload: Mapping[str, Any]) -> str:
    """The run's id: as the payload has it, or that of its execution."""
    execution = execution_of(payload)
    given = payload.get("run_id")
    return str(given) if given or execution is None else execution.run_id


def _serve(service: HandleError, payload: Mapping[str, Any], _context: object) -> Served[dict[str, str]]:
    run_id, state, error = run_of(payload), str(payload["state"]), str(payload["error"])
    reply = service.handle(run_id, state, error, str(payload.get("cause") or ""), execution_of(payload))
    return Served(reply, {"run_id": run_id, "state": state, "error": error, "status": reply["status"]})


handler = LambdaFunction[HandleError, dict[str, str]](
    "handle_error", lambda: HandleError.create(ReactEnvironment.read()), _serve, warm_reply={}
)
"""Lambda's entry point: `{"run_id", "state", "error", "cause"}`; where the first state failed, `execution`, `name` and
`input` as it gets them."""
