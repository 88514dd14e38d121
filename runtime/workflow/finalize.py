"""The finalizer ends runs that cannot end by themselves: for a workflow that gives one up, and for one that failed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from contract.errors import ErrorCode, RunError
from contract.events import Event
from runtime.delivery.connections import Connections, NoConnections
from runtime.delivery.end_notifier import EndNotifier
from runtime.delivery.turns import TurnDelivery
from runtime.environment import RuntimeAddress, host_of
from runtime.journal import Head, Journal
from runtime.journal.tool_calls import tools_at_work
from runtime.process.lambda_function import LambdaFunction, Served
from runtime.process.logs import log, run_lines
from runtime.process.runtime_sessions import RuntimeSessions
from runtime.process.task_tokens import TaskTokens
from runtime.tracing.labels import RunLabels
from runtime.tracing.spans import current_context, traced
from runtime.workflow.environment import FinalizerEnvironment
from runtime.workflow.final_events import FinalEvent, given_up, lost
from runtime.workflow.finalize_request import FinalizeRequest, Reason, read_request
from runtime.workflow.session_logs import SessionLogs
from runtime.workflow.waiting import WaitingRuns


class Finalizer:
    """Ends runs, stops their sessions and notifies their subscribers."""

    def __init__(
        self,
        journal: Journal,
        sessions: RuntimeSessions,
        logs: SessionLogs,
        notifier: EndNotifier,
        runtimes: tuple[RuntimeAddress, ...],
        waiting: WaitingRuns,
    ) -> None:
        """`waiting` serves the states of runs that wait for answers."""
        self._journal = journal
        self._sessions = sessions
        self._logs = logs
        self._notifier = notifier
        self._runtimes = runtimes
        self.waiting = waiting

    @classmethod
    def create(cls, environment: FinalizerEnvironment) -> "Finalizer":
        url = environment.callback_url
        journal = Journal.create(environment.journal)
        connections = Connections.create(url) if url else NoConnections()
        return cls(
            journal,
            RuntimeSessions.create(),
            SessionLogs(),
            EndNotifier(connections),
            environment.runtimes,
            WaitingRuns(journal, TurnDelivery(journal, connections), TaskTokens()),
        )

    def finalize(self, request: FinalizeRequest) -> Head | None:
        """End the run; returns its head. None, and nothing is done, where an execution failed that is not the run's
        own. Raises RunError UNKNOWN_RUN for a state machine's request."""
        head = self._head(request)
        if head is None or head.status.is_terminal:
            return head
        located = request if request.agent else self._located(request, head)
        with traced("workflow-closer", current_context(head.traceparent), labels=RunLabels.of(head)):
            final = self._end(located, head)
        if final is not None:
            self._notifier.publish(self._journal, final)
        return self._journal.head(head.run_id)

    def _head(self, request: FinalizeRequest) -> Head | None:
        try:
            head = self._journal.head(request.run_id)
        except RunError as problem:
            if request.execution and problem.code is ErrorCode.UNKNOWN_RUN:
                return None
            raise
        # A repeated event's execution, or one that was started by hand, may fail while the run's own goes on.
        return head if request.execution in {"", head.workflow} else None

    def _located(self, request: FinalizeRequest, head: Head) -> FinalizeRequest:
        """The request with the agent of the current step."""
        (accepted,) = self._journal.read(head.run_id, 0, 1)
        agents = [str(agent) for agent in accepted.data["agents"]]
        step = min(head.step if head.step > head.step_done else head.step_done + 1, len(agents))
        return replace(request, agent=agents[step - 1] if agents else "", step=step)

    def _end(self, request: FinalizeRequest, head: Head) -> Event | None:
        """The final event; None where another process has ended the run."""
        if request.reason is Reason.AGENT_LOST:
            session = self._stop(request)
            tools = tools_at_work(self._journal, request.run_id)
            return self._write(request, lost(request, head, session, tools, self._last_lines(request, head)))
        # The end first: an agent whose session is stopped before would write an end of its own, with another reason.
        _, newest = self._journal.latest(request.run_id)
        final = self._write(request, given_up(request, newest))
        self._stop(request)
        return final

    def _write(self, request: FinalizeRequest, final: FinalEvent) -> Event | None:
        closed = self._journal.close(request.run_id, final.type, final.data, error=final.error)
        log("finalizer.ended", reason=request.reason, step=request.step, agent=request.agent, wrote=closed is not None)
        return closed

    def _stop(self, request: FinalizeRequest) -> str:
        address = host_of(self._runtimes, request.agent)
        return "unknown" if address is None else self._sessions.stop(address, request.run_id)

    def _last_lines(self, request: FinalizeRequest, head: Head) -> list[str]:
        address = host_of(self._runtimes, request.agent)
        if address is None:
            return []
        return self._logs.last_lines(address, request.run_id, datetime.fromisoformat(head.created_at).date())


def _serve(service: Finalizer, payload: Mapping[str, Any], _context: object) -> Served[dict[str, Any]]:
    if "action" in payload:
        return _serve_waiting(service.waiting, payload)
    request = read_request(payload)
    if request is None:
        log("finalizer.ignored", level="WARNING", execution=payload["detail"]["executionArn"])
        return Served(_NOTHING)
    with run_lines(request.run_id):
        reply = _reply(service.finalize(request))
    return Served(reply, {"run_id": request.run_id, "reason": request.reason, "status": reply["status"]})


def _serve_waiting(waiting: WaitingRuns, payload: Mapping[str, Any]) -> Served[dict[str, Any]]:
    run_id, action = str(payload["run_id"]), str(payload["action"])
    with run_lines(run_id):
        is_settling = action == "settle"
        reply = waiting.settle(run_id) if is_settling else {"waits": waiting.wait(run_id, str(payload["token"]))}
    return Served(reply, {"run_id": run_id, "action": action, **reply})


def _on_failure(payload: Mapping[str, Any], error: Exception) -> Served[dict[str, Any]] | None:
    """Notifies the state that waits with a token: it would wait until the question expires."""
    token = payload.get("token")
    if not token:
        return None
    TaskTokens().fail(str(token), error)
    return Served({"waits": False})


def _reply(head: Head | None) -> dict[str, str]:
    if head is None:
        return _NOTHING
    error = head.error or {}
    status = head.status.value
    return {
        "status": status,
        "code": str(error.get("code", status)),
        "sentence": str(error.get("error", f"The run ended as {status}.")),
    }


_NOTHING: Final = {"status": "", "code": "", "sentence": ""}

handler = LambdaFunction[Finalizer, dict[str, Any]](
    "finalizer",
    lambda: Finalizer.create(FinalizerEnvironment.read()),
    _serve,
    warm_reply=_NOTHING,
    on_failure=_on_failure,
)
"""Lambda's entry point: a state machine's request `{"run_id", "reason", "agent", "step", "error", "cause"}`, or
EventBridge's "Step Functions Execution Status Change". Replies how the run has ended: `status`, `code` and `sentence`,
all empty where there was no run to end. For a run that waits for answers `{"action": "settle", "run_id"}` and
`{"action": "wait", "run_id", "token"}`, see WaitingRuns."""
