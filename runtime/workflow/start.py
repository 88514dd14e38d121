"""The door for events: the first state of a workflow, which takes the run in and tells who is to work on it."""

import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from contract.errors import ErrorCode, RunError
from contract.events import EventType
from contract.fields import invalid, shown
from contract.start_event import RunRequested, parse, remnant_of, run_id_of, traceparent_of
from runtime.environment import EventDoorEnvironment
from runtime.journal import Head, Journal, NewRun
from runtime.logs import log
from runtime.tracing.spans import traced_workflow

_TAKEN: Final = frozenset({ErrorCode.CONFLICT, ErrorCode.NOT_OWNER})
"""What accepting a run is refused with where its id or session is another request's."""


class InvalidRequestError(Exception):
    """The event cannot be served, however often it is sent; the message is fit for its sender. The state machine
    catches it by its name."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event as an execution got it: `run_id` is the run it asks for, `traceparent` the workflow's place in its
    trace."""

    event: object
    run_id: str
    execution: str
    traceparent: str


class EventDoor:
    """Takes runs in. `pipelines` maps a name to the agents that work in turn; `run_timeout` is in seconds."""

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
    def create(cls, environment: EventDoorEnvironment) -> "EventDoor":
        journal = Journal.create(environment.journal)
        return cls(journal, environment.pipelines, environment.default_pipeline, environment.run_timeout)

    def take(self, delivery: Delivery) -> dict[str, Any]:
        """Take the run in, once: `claimed` is False where another execution has it, and True again for the same one.

        Raises InvalidRequestError for what cannot be served, which the run's journal then tells too, unless the run is
        somebody else's; RunError where the journal is busy.
        """
        try:
            request = parse(delivery.event)
            pipeline = self._pipeline(request.pipeline)
        except RunError as problem:
            self._record_refusal(delivery, problem)
            raise InvalidRequestError(problem.message) from None
        head = self._accept(delivery, request, pipeline)
        return {
            "claimed": head.workflow == delivery.execution,
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

    def _accept(self, delivery: Delivery, request: RunRequested, pipeline: str) -> Head:
        run = self._new_run(delivery, request.owner, pipeline, request.question)
        try:
            head, _ = self._journal.accept(run)
        except RunError as problem:
            if problem.code in _TAKEN:
                # Whose run that is did not ask for this one: nothing is written to its journal.
                raise InvalidRequestError(problem.message) from None
            raise
        return head

    def _record_refusal(self, delivery: Delivery, problem: RunError) -> None:
        kept = remnant_of(delivery.event)
        run = self._new_run(delivery, kept.owner, kept.pipeline, kept.question)
        try:
            head, _ = self._journal.accept(run)
        except RunError as other:
            if other.code not in _TAKEN:
                raise
            log("event_door.refused_elsewhere", level="WARNING", reason=problem.message, why=other.message)
            return
        if head.workflow == delivery.execution:
            data = {"code": problem.code.value, "error": problem.message}
            self._journal.close(head.run_id, EventType.RUN_FAILED, data, error=data)

    def _new_run(self, delivery: Delivery, owner: str, pipeline: str, question: str) -> NewRun:
        return NewRun(
            run_id=delivery.run_id,
            # An event's owner is its publisher's word: it must not reach a conversation that somebody has.
            session_id=delivery.run_id,
            owner=owner,
            agent=pipeline,
            question=question,
            connection_id=None,
            deadline_at=self._clock() + self._run_timeout,
            workflow=delivery.execution,
            traceparent=delivery.traceparent,
            agents=self._pipelines.get(pipeline, ()),
        )


@functools.cache
def _door() -> EventDoor:
    """Made at the first call and kept by the process; a failure is not kept."""
    return EventDoor.create(EventDoorEnvironment.read())


def handler(payload: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Lambda's entry: `{"event": <EventBridge event>, "execution": "<execution ARN>"}`. `{"warm": true}` makes the
    clients and returns."""
    started = time.monotonic()
    door = _door()
    if payload.get("warm"):
        return {}
    event, execution = payload["event"], str(payload["execution"])
    try:
        run_id = run_id_of(event)
    except RunError as problem:
        log("event_door.refused", execution=execution, reason=problem.message)
        raise InvalidRequestError(problem.message) from None
    with traced_workflow("event-door", run_id, traceparent_of(event), {"run_id": run_id}) as span:
        try:
            answer = door.take(Delivery(event, run_id, execution, span.parent.traceparent))
        except InvalidRequestError as refusal:
            log("event_door.refused", run_id=run_id, execution=execution, reason=str(refusal))
            raise
    elapsed_ms = round((time.monotonic() - started) * 1000, 1)
    log("event_door.served", run_id=run_id, claimed=answer["claimed"], elapsed_ms=elapsed_ms)
    return answer
