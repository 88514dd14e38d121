"""Starts runs as executions of the deployment's ReAct workflow; no socket has to stay open."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from botocore.credentials import ReadOnlyCredentials

from client._aws_calls import call
from client._errors import CallRejectedError, RequestError
from client._owner import run_owner
from client._target import Target
from contract import fields
from contract.errors import ErrorCode, RunError
from contract.owners import ANONYMOUS
from contract.run_ids import new_run_id
from contract.trace_context import TraceContext
from contract.workflow_input import WorkflowInput, read_workflow_input

_TAKEN: Final = "ExecutionAlreadyExists"


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution that has started: the run that it is, its ARN, and the trace of the whole run."""

    run_id: str
    arn: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class Workflow:
    """A deployment's ReAct workflow by the ARN of its state machine. The runs belong to the target's caller, who may
    watch them there.

    `endpoint` is the address of a sandbox on this machine, None for AWS, and `keys` are the sandbox's, by default those
    of the environment (`longrun status --env` prints them).
    """

    state_machine: str
    target: Target
    endpoint: str | None = None
    keys: ReadOnlyCredentials | None = field(default=None, repr=False)

    async def start(
        self,
        question: str,
        agent: str | None = None,
        session_id: str | None = None,
        run_id: str | None = None,
        answers: Sequence[object] = (),
    ) -> Execution:
        """Start a run; follow it with `LongrunClient.watch`. `answers` are those of the run's first questions, at most
        ten, in order: it does not wait for them. The run id is created here unless it is given; it is the execution's
        name too.

        Raises RequestError INVALID_REQUEST, or CONFLICT for a run id that an execution has already; CredentialsError,
        UnreachableError or CallRejectedError.
        """
        chosen, trace = run_id or new_run_id(), TraceContext.new()
        owner = await run_owner(self.target, self.endpoint, self.keys)
        document = WorkflowInput(
            question=question,
            session_id=session_id or "",
            owner=owner or ANONYMOUS,
            agent=agent or "",
            answers=tuple(answers),
            traceparent=trace.traceparent,
        ).to_input(chosen)
        try:
            fields.run_id({"run_id": chosen})
            read_workflow_input(document)
        except RunError as error:
            raise RequestError(error.code, error.message) from None
        return Execution(chosen, await self._start(chosen, json.dumps(document, ensure_ascii=False)), trace.trace_id)

    async def _start(self, run_id: str, document: str) -> str:
        """The execution's ARN."""
        named = {"stateMachineArn": self.state_machine, "name": run_id, "input": document}
        try:
            started = await call(
                "stepfunctions", "start_execution", self.target.region, self.endpoint, self.keys, **named
            )
        except CallRejectedError as error:
            if error.reason != _TAKEN:
                raise
            message = f"Run {run_id} exists already; use another run id."
            raise RequestError(ErrorCode.CONFLICT, message, run_id) from error
        return str(started["executionArn"])
