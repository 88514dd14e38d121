"""Ends runs that cannot end by themselves: called by a workflow that gives one up, and for a workflow that failed."""

import functools
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from contract.errors import ErrorCode, RunError
from contract.events import Event, timestamp
from runtime.delivery.connections import Connections, NoConnections
from runtime.delivery.end_notifier import EndNotice
from runtime.environment import RuntimeAddress, WorkflowCloserEnvironment
from runtime.journal import Head, Journal
from runtime.logs import log, run_lines
from runtime.runtime_sessions import SessionStop
from runtime.tracing.spans import TraceContext, traced
from runtime.workflow.final_events import Ending, given_up, lost
from runtime.workflow.finalize_request import Order, Reason, read
from runtime.workflow.session_logs import SessionLogs

_UNSENT: Final = 100
"""So many of the last events may not have been sent; a follower that misses more asks again."""


class WorkflowCloser:
    """Closes runs, stops their sessions and tells their followers."""

    def __init__(
        self,
        journal: Journal,
        sessions: SessionStop,
        logs: SessionLogs,
        notice: EndNotice,
        runtimes: tuple[RuntimeAddress, ...],
    ) -> None:
        self._journal = journal
        self._sessions = sessions
        self._logs = logs
        self._notice = notice
        self._runtimes = runtimes

    @classmethod
    def create(cls, environment: WorkflowCloserEnvironment) -> "WorkflowCloser":
        url = environment.callback_url
        return cls(
            Journal.create(environment.journal),
            SessionStop.create(),
            SessionLogs(),
            EndNotice(Connections.create(url) if url else NoConnections()),
            environment.runtimes,
        )

    def close(self, order: Order) -> Head | None:
        """The run's head, which has ended. None, and nothing is done, where an execution failed that is not the run's
        own. Raises RunError UNKNOWN_RUN for a state machine's order."""
        head = self._head(order)
        if head is None or head.status.is_terminal:
            return head
        told = order if order.agent else self._located(order, head)
        with traced("workflow-closer", TraceContext.current(head.traceparent), {"run_id": head.run_id}):
            ending = self._end(told, head)
        closed = self._journal.head(head.run_id)
        if ending is not None and closed.subscribers:
            self._notice.send(closed.subscribers, self._unsent(closed, ending))
        return closed

    def _head(self, order: Order) -> Head | None:
        try:
            head = self._journal.head(order.run_id)
        except RunError as problem:
            if order.execution and problem.code is ErrorCode.UNKNOWN_RUN:
                return None
            raise
        # A repeated event's execution, or one that was started by hand, may fail while the run's own goes on.
        return head if order.execution in {"", head.workflow} else None

    def _located(self, order: Order, head: Head) -> Order:
        """The order with the agent whose turn it is."""
        (accepted,) = self._journal.read(head.run_id, 0, 1)
        agents = [str(agent) for agent in accepted.data["agents"]]
        step = min(head.step if head.step > head.step_done else head.step_done + 1, len(agents))
        return replace(order, agent=agents[step - 1] if agents else "", step=step)

    def _end(self, order: Order, head: Head) -> Event | None:
        """The closing event; None where somebody else was faster."""
        if order.reason is Reason.AGENT_LOST:
            session = self._stop(order)
            return self._write(order, lost(order, head, session, self._last_lines(order, head)))
        # The end first: an agent that is asked to go before would write one of its own, for a reason of its own.
        _, newest = self._journal.latest(order.run_id)
        ending = self._write(order, given_up(order, newest))
        self._stop(order)
        return ending

    def _write(self, order: Order, ending: Ending) -> Event | None:
        closed = self._journal.close(order.run_id, ending.type, ending.data, error=ending.error)
        log("workflow_closer.closed", reason=order.reason, step=order.step, agent=order.agent, wrote=closed is not None)
        return closed

    def _stop(self, order: Order) -> str:
        address = self._host(order.agent)
        return "unknown" if address is None else self._sessions.stop(address, order.run_id)

    def _last_lines(self, order: Order, head: Head) -> list[str]:
        address = self._host(order.agent)
        if address is None:
            return []
        return self._logs.last_lines(address, order.run_id, datetime.fromisoformat(head.created_at).date())

    def _host(self, agent: str) -> RuntimeAddress | None:
        return next((runtime for runtime in self._runtimes if agent in runtime.agents), None)

    def _unsent(self, head: Head, ending: Event) -> list[Event]:
        """What no worker may have sent: the events since the last sign of one. The end is the last of them."""
        since = timestamp(head.heartbeat_at)
        recent = self._journal.read(head.run_id, max(0, ending.seq - 1 - _UNSENT), _UNSENT)
        return [*(event for event in recent if event.at >= since and event.seq < ending.seq), ending]


@functools.cache
def _closer() -> WorkflowCloser:
    """Made at the first call and kept by the process; a failure is not kept."""
    return WorkflowCloser.create(WorkflowCloserEnvironment.read())


def handler(payload: Mapping[str, Any], _context: object) -> dict[str, str]:
    """Lambda's entry: a state machine's order `{"run_id", "reason", "agent", "step", "error", "cause"}`, or
    EventBridge's "Step Functions Execution Status Change". Answers how the run has ended: `status`, `code` and
    `sentence`, all empty where there was no run to close. `{"warm": true}` makes the clients and returns."""
    started = time.monotonic()
    closer = _closer()
    if payload.get("warm"):
        return _answer(None)
    order = read(payload)
    if order is None:
        log("workflow_closer.ignored", level="WARNING", execution=payload["detail"]["executionArn"])
        return _answer(None)
    with run_lines(order.run_id):
        answer = _answer(closer.close(order))
        elapsed_ms = round((time.monotonic() - started) * 1000, 1)
        log("workflow_closer.served", reason=order.reason, status=answer["status"], elapsed_ms=elapsed_ms)
    return answer


def _answer(head: Head | None) -> dict[str, str]:
    if head is None:
        return {"status": "", "code": "", "sentence": ""}
    error = head.error or {}
    status = head.status.value
    return {
        "status": status,
        "code": str(error.get("code", status)),
        "sentence": str(error.get("error", f"The run ended as {status}.")),
    }
