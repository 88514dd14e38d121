"""The start handler: the first state of a workflow. It accepts the run and returns the agents that work on it."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from contract.errors import ErrorCode, RunError
from contract.events import EventType
from contract.fields import invalid, shown
from contract.limits import MAX_PIPELINE_LENGTH
from contract.start_event import PartialRequest, RunRequested, StartEvent, cut, read_start_event
from runtime.journal import Head, Journal, NewRun
from runtime.process.lambda_function import LambdaFunction, Served
from runtime.process.logs import log
from runtime.tracing.spans import traced_workflow
from runtime.workflow.environment import StartHandlerEnvironment

_TAKEN: Final = frozenset({ErrorCode.CONFLICT, ErrorCode.NOT_OWNER})
"""Codes with which the journal rejects a run whose id or session is another request's."""


class InvalidRequestError(Exception):
    """The event cannot be served, however often it is sent; the message is fit for its sender. The state machine
    catches it by its name."""


class StartHandler:
    """Accepts runs. `pipelines` maps a name to the agents that work in turn; `run_timeout` is in seconds."""

    def __init__(
        self,
        journal: Journal,
        pipelines: Mapping[str, tuple[str, ...]],
        default_pipeline: str,
        run_timeout: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._journal = journal
        self._pipelines = pipelines
        self._default_pipeline = default_pipeline
        self._run_timeout = run_timeout
        self._clock = clock

    @classmethod
    def create(cls, environment: StartHandlerEnvironment) -> "StartHandler":
        journal = Journal.create(environment.journal)
        return cls(journal, environment.pipelines, environment.default_pipeline, environment.run_timeout)

    def start(self, event: StartEvent, execution: str, traceparent: str) -> dict[str, Any]:
        """Accept the run, once: `claimed` is False where another execution has it, and True again for the same one.
        `traceparent` is the workflow's place in its trace.

        Raises InvalidRequestError for what cannot be served, which the run's journal then records too, unless the run
        is another caller's; RunError where the journal is busy.
        """
        asked = event.request
        try:
            if isinstance(asked, PartialRequest):
                raise asked.problem
            pipeline = self._pipeline(asked.pipeline)
        except RunError as problem:
            recorded = cut(asked.pipeline, MAX_PIPELINE_LENGTH)
            self._record_rejection(self._new_run(event, recorded, execution, traceparent), problem)
            raise InvalidRequestError(problem.message) from None
        head = self._accept(self._new_run(event, pipeline, execution, traceparent))
        return {
            "claimed": head.workflow == execution,
            "run_id": head.run_id,
            "pipeline": pipeline,
            "agents": list(self._pipelines[pipeline]),
            "traceparent": head.traceparent,
        }

    def _pipeline(self, name: str | None) -> str:
        if name is None:
            return self._default_pipeline
        if name not in self._pipelines:
            raise invalid(
                f"Pipeline {shown(name)} is not deployed here; known pipelines: {', '.join(self._pipelines)}."
            )
        return name

    def _accept(self, run: NewRun) -> Head:
        try:
            head, _ = self._journal.accept(run)
        except RunError as problem:
            if problem.code in _TAKEN:
                # The owner of that run did not ask for this one: nothing is written to its journal.
                raise InvalidRequestError(problem.message) from None
            raise
        return head

    def _record_rejection(self, run: NewRun, problem: RunError) -> None:
        try:
            head, _ = self._journal.accept(run)
        except RunError as other:
            if other.code not in _TAKEN:
                raise
            log("start_handler.rejection_not_recorded", level="WARNING", reason=problem.message, why=other.message)
            return
        if head.workflow == run.workflow:
            self._journal.close(head.run_id, EventType.RUN_FAILED, problem.data, error=problem.data)

    def _new_run(self, event: StartEvent, pipeline: str, execution: str, traceparent: str) -> NewRun:
        asked: RunRequested | PartialRequest = event.request
        return NewRun(
            run_id=event.run_id,
            # The owner is the publisher's claim: it must not reach a conversation that exists.
            session_id=event.run_id,
            owner=asked.owner,
            agent=pipeline,
            question=asked.question,
            connection_id=None,
            deadline_at=self._clock() + self._run_timeout,
            workflow=execution,
            traceparent=traceparent,
            agents=self._pipelines.get(pipeline, ()),
            answers=asked.answers if isinstance(asked, RunRequested) else (),
        )


def _serve(service: StartHandler, payload: Mapping[str, Any], _context: object) -> Served[dict[str, Any]]:
    execution = str(payload["execution"])
    try:
        event = read_start_event(payload["event"])
    except RunError as problem:
        log("start_handler.rejected", execution=execution, reason=problem.message)
        raise InvalidRequestError(problem.message) from None
    with traced_workflow("event-door", event.run_id, event.traceparent) as span:
        try:
            reply = service.start(event, execution, span.parent.traceparent)
        except InvalidRequestError as problem:
            log("start_handler.rejected", run_id=event.run_id, execution=execution, reason=str(problem))
            raise
    return Served(reply, {"run_id": event.run_id, "claimed": reply["claimed"]})


handler = LambdaFunction[StartHandler, dict[str, Any]](
    "start_handler", lambda: StartHandler.create(StartHandlerEnvironment.read()), _serve, warm_reply={}
)
"""Lambda's entry point: `{"event": <EventBridge event>, "execution": "<execution ARN>"}`."""
