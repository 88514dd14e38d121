"""What the endpoint does for its callers, without HTTP."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from contract import fields
from contract.errors import ErrorCode, RunError
from contract.workspaces import workspace_owner
from runtime.delivery.answers import AnswerDelivery
from runtime.delivery.connections import Connections, NoConnections
from runtime.delivery.run_service import RunService
from runtime.delivery.turns import TurnDelivery
from runtime.http.streaming.callers import Callers
from runtime.http.streaming.environment import StreamingEnvironment
from runtime.http.streaming.event_stream import EventStream, StreamLog
from runtime.http.streaming.requests import AnswerRequest, StreamRequest
from runtime.http.streaming.run_status import run_status
from runtime.http.streaming.traces import UNTRACED, CallerTrace, starting, streamed
from runtime.journal import Head, Journal
from runtime.process.dispatch import Dispatcher
from runtime.process.task_tokens import TaskTokens
from runtime.process.threads import Threads

_THREADS: Final = 16


@dataclass(frozen=True, slots=True)
class Opened:
    """A stream that can be read: the run's head, and the number of the event after which it begins; None where its
    reader has all events."""

    head: Head
    after: int | None

    @property
    def run_id(self) -> str:
        return self.head.run_id


class StreamingService:
    """Serves workspaces. Calls of the journal and of AWS are made in threads, never on the event loop."""

    def __init__(self, journal: Journal, runs: RunService, response_seconds: float) -> None:
        self._journal = journal
        self._runs = runs
        self._callers = Callers(journal.workspaces)
        self._threads = Threads("http", _THREADS)
        self._stream = EventStream(journal, self._threads)
        self._response_seconds = response_seconds

    @classmethod
    def create(cls, environment: StreamingEnvironment) -> "StreamingService":
        """Makes clients, and calls nothing."""
        journal = Journal.create(environment.worker.journal)
        url = environment.worker.callback_url
        connections = Connections.create(url) if url else NoConnections()
        answers = AnswerDelivery(journal, TurnDelivery(journal, connections), TaskTokens())
        dispatcher = Dispatcher.create(environment.worker_function)
        agents = environment.worker.agents.agents
        runs = RunService(journal, dispatcher, answers, agents, environment.run_timeout)
        return cls(journal, runs, environment.response_seconds)

    async def check(self, workspace_id: str, agent: str, secret: str) -> None:
        """Raises UnknownCallerError."""
        await self._threads.run(self._callers.check, workspace_id, agent, secret)

    async def open(self, workspace_id: str, request: StreamRequest, caller: CallerTrace = UNTRACED) -> Opened:
        """Start a run of the workspace's, or find it; the caller has been checked for the agent."""
        return await self._threads.run(self._open, workspace_owner(workspace_id), request, caller)

    async def chunks(self, opened: Opened, seconds_left: float | None, sent: StreamLog) -> AsyncGenerator[bytes]:
        """The stream, see EventStream; it ends before the function's time is up, and after its span is sent."""
        seconds = self._response_seconds if seconds_left is None else min(self._response_seconds, seconds_left)
        began = time.time_ns()
        try:
            async with aclosing(self._stream.chunks(opened.run_id, opened.after or 0, seconds, sent)) as chunks:
                async for chunk in chunks:
                    yield chunk
        finally:
            await streamed(opened.head, opened.after or 0, sent, began)

    async def status(self, workspace_id: str, secret: str, run_id: str) -> dict[str, Any]:
        return await self._threads.run(self._status, workspace_id, secret, run_id)

    async def cancel(self, workspace_id: str, secret: str, run_id: str) -> dict[str, Any]:
        return await self._threads.run(self._cancel, workspace_id, secret, run_id)

    async def answer(self, workspace_id: str, secret: str, run_id: str, request: AnswerRequest) -> dict[str, Any]:
        return await self._threads.run(self._answer, workspace_id, secret, run_id, request)

    def _open(self, owner: str, request: StreamRequest, caller: CallerTrace) -> Opened:
        if request.followed is None:
            with starting(caller) as span:
                head, created = self._runs.accept(owner, request, traceparent=span.place.traceparent)
                if created:
                    span.begun(head)
                if not self._runs.begin(head, created):
                    self._runs.follow(head)
            return Opened(head, 0)
        head = self._runs.follow(self._owned(owner, frozenset({request.agent}), request.followed))
        return Opened(head, self._resumed(head, request.after))

    def _resumed(self, head: Head, after: int) -> int | None:
        if not after:
            return 0
        _, newest = self._journal.latest(head.run_id)
        if after > newest.seq:
            message = f"Run {head.run_id} has {newest.seq} events so far; resume after one of these, not after {after}."
            raise RunError(ErrorCode.INVALID_REQUEST, message, head.run_id)
        return None if newest.type.ends_run and after == newest.seq else after

    def _status(self, workspace_id: str, secret: str, run_id: str) -> dict[str, Any]:
        head = self._runs.current(self._authorised(workspace_id, secret, run_id))
        return run_status(self._journal, head)

    def _cancel(self, workspace_id: str, secret: str, run_id: str) -> dict[str, Any]:
        self._authorised(workspace_id, secret, run_id)
        self._runs.cancel(self._runs.request_cancel(workspace_owner(workspace_id), run_id))
        return _brief(self._journal.head(run_id))

    def _answer(self, workspace_id: str, secret: str, run_id: str, request: AnswerRequest) -> dict[str, Any]:
        self._authorised(workspace_id, secret, run_id)
        settled = self._runs.answer(workspace_owner(workspace_id), run_id, request.question_id, request.answer)
        self._runs.pass_on(settled)
        return {**_brief(settled.head), "question_id": settled.question.question_id}

    def _authorised(self, workspace_id: str, secret: str, run_id: str) -> Head:
        """The run, whose agent is one that the secret is for."""
        agents = self._callers.agents(workspace_id, secret)
        return self._owned(workspace_owner(workspace_id), agents, fields.run_id({"run_id": run_id}))

    def _owned(self, owner: str, agents: frozenset[str], run_id: str) -> Head:
        head = self._runs.owned(owner, run_id)
        if head.agent not in agents:
            message = f"The run is one of agent {head.agent}, for which the workspace has another secret; use that one."
            raise RunError(ErrorCode.NOT_OWNER, message, run_id)
        return head


def _brief(head: Head) -> dict[str, Any]:
    return {"run_id": head.run_id, "status": head.status.value, "cancel_requested": head.cancel_requested}
