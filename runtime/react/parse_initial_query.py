"""The first state of the ReAct workflow: it validates the execution's input and accepts the run."""

from collections.abc import Mapping
from typing import Any

from contract.errors import RunError
from contract.workflow_input import WorkflowInput
from runtime.journal import Head, Journal
from runtime.process.lambda_function import LambdaFunction, Served
from runtime.process.logs import log, run_lines
from runtime.react.acceptance import Acceptance, Accepted, Execution
from runtime.react.environment import ReactEnvironment
from runtime.react.replies import END, RUN, ended
from runtime.react.steps import named
from runtime.tracing.spans import traced_workflow


class ParseInitialQuery:
    """Accepts runs; see Acceptance."""

    def __init__(self, acceptance: Acceptance) -> None:
        self._acceptance = acceptance

    @classmethod
    def create(cls, environment: ReactEnvironment) -> "ParseInitialQuery":
        journal = Journal.create(environment.journal)
        return cls(Acceptance(journal, environment.agents, environment.run_timeout))

    def parse(self, execution: Execution, traceparent: str) -> dict[str, Any]:
        """The reply to the state machine: `next` is RUN, or END for a run that is another execution's, was rejected or
        has ended."""
        try:
            accepted = self._acceptance.accept(execution, traceparent)
        except RunError as problem:
            raise named(problem) from problem.__cause__
        reply = {"run_id": execution.run_id, "subnets": [], "security_groups": []}
        if accepted.problem is not None:
            log("parse_initial_query.rejected", level="WARNING", reason=accepted.problem.message)
        head, request = accepted.head, accepted.request
        if request is None or head is None or head.workflow != execution.arn or head.status.is_terminal:
            return reply | {"next": END} | _end(accepted)
        return reply | {"next": RUN} | _network(request) | {"status": head.status.value, "code": "", "sentence": ""}


def _end(accepted: Accepted) -> dict[str, str]:
    head: Head | None = accepted.head
    if head is not None and (head.status.is_terminal or accepted.problem is None):
        return ended(head)
    problem = accepted.problem
    return {
        "status": "FAILED",
        "code": "" if problem is None else problem.code.value,
        "sentence": "" if problem is None else problem.message,
    }


def _network(request: WorkflowInput) -> dict[str, list[str]]:
    return {"subnets": list(request.subnets), "security_groups": list(request.security_groups)}


def _serve(service: ParseInitialQuery, payload: Mapping[str, Any], _context: object) -> Served[dict[str, Any]]:
    execution = Execution(str(payload["execution"]), str(payload["name"]), payload["input"])
    run_id = execution.run_id
    with (
        run_lines(run_id),
        traced_workflow("parse-initial-query", run_id, execution.traceparent, session_id=execution.session_id) as span,
    ):
        reply = service.parse(execution, span.parent.traceparent)
        span.attributes["next"] = reply["next"]
    return Served(reply, {"run_id": run_id, "next": reply["next"], "status": reply["status"]})


handler = LambdaFunction[ParseInitialQuery, dict[str, Any]](
    "parse_initial_query", lambda: ParseInitialQuery.create(ReactEnvironment.read()), _serve, warm_reply={}
)
"""Lambda's entry point: `{"execution": <ARN>, "name": <the execution's name>, "input": <its input>}`."""
