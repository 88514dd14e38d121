"""The first state of each tool call: it validates the input, records the job and names where it runs."""

from collections.abc import Mapping
from typing import Any

from contract.errors import ErrorCode, RunError
from runtime.journal import Head, Journal
from runtime.journal.jobs import JobState
from runtime.process.lambda_function import LambdaFunction, Served
from runtime.react.environment import ReactEnvironment
from runtime.react.job_results import JobResults, error_result
from runtime.react.replies import DATA_QUERY, DONE, ERROR, ROUTES, SUCCESS
from runtime.react.steps import step
from runtime.react.tool_inputs import input_problem
from runtime.react.turn_files import Call, TurnFiles, job_id


class DispatchTool:
    """Dispatches calls."""

    def __init__(self, journal: Journal, files: TurnFiles) -> None:
        self._journal = journal
        self._files = files
        self._results = JobResults(journal.jobs, files)

    @classmethod
    def create(cls, environment: ReactEnvironment) -> "DispatchTool":
        files = TurnFiles.create(environment.journal.payload_bucket)
        return cls(Journal.create(environment.journal), files)

    def dispatch(self, run_id: str, turn: int, tool_use_id: str) -> dict[str, Any]:
        """The route of a call of that turn, and its job; `status` is that of a call that is DONE. Raises RunError for a
        call that the turn does not have."""
        reading = self._files.begin(self._files.turn, run_id, turn)
        with step("dispatch-tool", self._journal, run_id) as head:
            saved = reading.result()
            call = None if saved is None else saved.call(tool_use_id)
            if call is None:
                message = f"Turn {turn} of run {run_id} has no tool call {tool_use_id}."
                raise RunError(ErrorCode.INTERNAL, message, run_id)
            job = job_id(turn, tool_use_id)
            return {"tool_use_id": tool_use_id, "job": job} | self._route(head, call, job)

    def _route(self, head: Head, call: Call, job: str) -> dict[str, str]:
        prepared = self._journal.jobs.prepare(
            head.run_id, job, call.name, call.tool_use_id, call.input, head.traceparent
        )
        if prepared.state is JobState.SUCCEEDED:
            # the state machine's step was repeated after the tool's end
            return {"route": DONE, "status": SUCCESS}
        problem = call.refused or input_problem(call.name, call.schema, call.input)
        if head.cancel_requested or head.status.is_terminal:
            problem = "The tool was not run: the run was cancelled."
        if problem:
            self._results.end(head.run_id, job, error_result(problem))
            return {"route": DONE, "status": ERROR}
        if prepared.state is JobState.FAILED:
            return {"route": DONE, "status": ERROR}
        return {"route": ROUTES.get(call.kind, DATA_QUERY), "status": ""}


def _serve(service: DispatchTool, payload: Mapping[str, Any], _context: object) -> Served[dict[str, Any]]:
    run_id, turn = str(payload["run_id"]), int(payload["turn"])
    reply = service.dispatch(run_id, turn, str(payload["call"]["tool_use_id"]))
    fields = {"run_id": run_id, "turn": turn, "tool": payload["call"].get("name"), "route": reply["route"]}
    return Served(reply, fields)


handler = LambdaFunction[DispatchTool, dict[str, Any]](
    "dispatch_tool", lambda: DispatchTool.create(ReactEnvironment.read()), _serve, warm_reply={}
)
"""Lambda's entry point: `{"run_id", "turn", "call": {"tool_use_id", "name"}}`."""
