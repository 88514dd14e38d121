"""Serves the requests of a function URL: each becomes a run, which is executed while the caller waits."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from contract.errors import CANCELLED_MESSAGE, ErrorCode, RunError
from contract.run_ids import new_run_id
from runtime.http.traced.environment import TracedEnvironment
from runtime.http.traced.replies import RunEnd, problem_reply, run_reply, traces_page
from runtime.http.traced.request import PUBLIC, QueryRequest, owner, read_request
from runtime.http.traced.run_process import RunProcess
from runtime.journal import Head, NewRun
from runtime.process.logs import log, run_lines
from runtime.tracing.labels import RunLabels
from runtime.tracing.run_traces import RunSpan, RunTraces

_SERVICE: Final = "longrun-traced"
_SLACK_SECONDS: Final = 1.5
"""For the spans and the reply, after the run's own end."""


class TracedRuns:
    """Serves the URL of one agent. `page` is where its callers find the traces, None where none are sent."""

    def __init__(
        self,
        process: RunProcess,
        traces: RunTraces,
        agent: str,
        authorization: str,
        page: str | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._process = process
        self._traces = traces
        self._agent = agent
        self._authorization = authorization
        self._page = page
        self._clock = clock

    @classmethod
    def create(cls, environment: TracedEnvironment) -> "TracedRuns":
        # First: Strands takes the process's provider of tracers when its first agent is made.
        traces = RunTraces.start(_SERVICE)
        process = RunProcess.create(environment)
        return cls(process, traces, environment.agents.agents[0], environment.authorization, traces_page())

    def close(self) -> None:
        """End the event loop."""
        self._process.close()

    def serve(self, event: Mapping[str, Any], seconds_left: float) -> dict[str, Any]:
        """The reply to a function URL's event, after the end of its run, whose spans have been sent by then."""
        try:
            caller = owner(event, self._authorization)
            request = read_request(event)
            run_id = new_run_id()
            with run_lines(run_id):
                return run_reply(self._run(run_id, caller, request, seconds_left - _SLACK_SECONDS), self._page)
        except RunError as problem:
            # Without the message: it may repeat what the caller has sent.
            log("traced.rejected", level="WARNING", code=problem.code, run_id=problem.run_id)
            return problem_reply(problem)

    def _run(self, run_id: str, caller: str, request: QueryRequest, seconds_left: float) -> RunEnd:
        self._traces.prepare()
        labels = RunLabels(run_id, request.session_id or run_id, caller, self._agent, request.metadata)
        # Anybody could write into a trace of somebody else otherwise.
        above = "" if caller == PUBLIC else request.traceparent
        with self._traces.run(labels, request.query, above) as span:
            try:
                head = self._accept(labels, request.query, span, seconds_left)
            except BaseException:
                span.discard()
                raise
            end = self._end(head, span, seconds_left)
            if end.error is not None:
                span.fail(end.error)
            return end

    def _accept(self, labels: RunLabels, query: str, span: RunSpan, seconds_left: float) -> Head:
        run = NewRun(
            run_id=labels.run_id,
            session_id=labels.session_id,
            owner=labels.user,
            agent=labels.agent,
            question=query,
            connection_id=None,
            deadline_at=self._clock() + seconds_left,
            traceparent=span.traceparent,
        )
        head, _ = self._process.journal.accept(run)
        return head

    def _end(self, head: Head, span: RunSpan, seconds_left: float) -> RunEnd:
        try:
            done = self._process.execute(head, seconds_left)
            outcome = done.outcome
            if outcome is None:
                return self._end_by_others(head)
        except RunError as problem:
            log("traced.run_not_recorded", level="ERROR", exc_info=True)
            return RunEnd(head.run_id, head.question, error=problem.message, code=problem.code)
        except Exception:
            log("traced.run_not_recorded", level="ERROR", exc_info=True)
            message = f"the run could not be recorded; see the function's log under run {head.run_id} for the reason"
            return RunEnd(head.run_id, head.question, error=message, code=ErrorCode.INTERNAL)
        if outcome.message is not None:
            return RunEnd(head.run_id, head.question, error=outcome.message, code=outcome.code)
        span.succeed(done.answer, done.usage)
        return RunEnd(head.run_id, head.question, response=done.answer)

    def _end_by_others(self, head: Head) -> RunEnd:
        """Of a run whose end this process has not written as its worker: as the journal has it."""
        error = self._process.journal.head(head.run_id).error or {}
        message = str(error.get("error") or CANCELLED_MESSAGE)
        code = ErrorCode(error["code"]) if error.get("code") else None
        return RunEnd(head.run_id, head.question, error=message, code=code)
