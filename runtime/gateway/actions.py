"""The actions of a client: start, resume, cancel, answer, ping, runs and files."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contract.events import Status
from runtime.delivery import frames
from runtime.delivery.answers import AnswerDelivery, delivers_by_turns
from runtime.delivery.connections import Connections, NotDeliveredError
from runtime.delivery.replay import Replay
from runtime.delivery.run_service import NoWorkerError, RunService, waits_for_worker
from runtime.delivery.turns import TurnDelivery
from runtime.gateway.client_messages import (
    AnswerRequest,
    CancelRequest,
    FilesRequest,
    PingRequest,
    Request,
    ResumeRequest,
    RunsRequest,
    StartRequest,
)
from runtime.gateway.file_links import FileLinks
from runtime.journal import Head, Journal
from runtime.process.dispatch import Dispatcher
from runtime.process.logs import log
from runtime.process.task_tokens import TaskTokens
from runtime.tracing.spans import started


@dataclass(frozen=True, slots=True)
class Caller:
    """The socket that a frame came from and its owner; `has_time` returns whether there is time left to send more."""

    connection_id: str
    owner: str
    has_time: Callable[[], bool]


class Actions:
    """Serves parsed requests. `agents` and `run_timeout` are as in RunService."""

    def __init__(
        self,
        journal: Journal,
        connections: Connections,
        dispatcher: Dispatcher,
        links: FileLinks,
        agents: tuple[str, ...],
        run_timeout: float,
        clock: Callable[[], float] = time.time,
        tokens: TaskTokens | None = None,
    ) -> None:
        self._journal = journal
        self._connections = connections
        self._links = links
        self._replay = Replay(journal, connections)
        self._answers = AnswerDelivery(journal, TurnDelivery(journal, connections), tokens or TaskTokens())
        self._runs = RunService(journal, dispatcher, self._answers, agents, run_timeout, clock)

    def serve(self, caller: Caller, request: Request) -> None:
        """Serve the request and respond on the caller's socket; RunError for what the caller must see."""
        try:
            self._serve(caller, request)
        except NoWorkerError as problem:
            if problem.run_id is not None:
                self._replay.send(caller.connection_id, problem.run_id, 0, caller.has_time)
            raise

    def _serve(self, caller: Caller, request: Request) -> None:
        match request:
            case StartRequest():
                self._start(caller, request)
            case ResumeRequest():
                self._resume(caller, request)
            case CancelRequest():
                self._cancel(caller, request)
            case AnswerRequest():
                self._answer(caller, request)
            case RunsRequest():
                self._list(caller, request)
            case FilesRequest():
                self._files(caller, request)
            case PingRequest():
                self._send(caller, frames.pong())

    def _start(self, caller: Caller, request: StartRequest) -> None:
        # The span is exported at the end of the block: neither the ack nor the worker waits for it.
        with started("gateway") as span:
            head, created = self._runs.accept(caller.owner, request, caller.connection_id, span.place.traceparent)
            if created:
                span.begun(head)
            # Before the hand-off, so that no event overtakes the ack.
            self._send(caller, frames.ack("start", head.run_id, head.session_id, head.behind))
            if not self._runs.begin(head, created):
                self._follow(caller, head, after=0)

    def _resume(self, caller: Caller, request: ResumeRequest) -> None:
        head = self._runs.owned(caller.owner, request.run_id)
        self._send(caller, frames.ack("resume", head.run_id, head.session_id))
        self._follow(caller, head, request.after)

    def _follow(self, caller: Caller, head: Head, after: int) -> None:
        current = self._runs.current(head)
        subscribed = self._journal.subscribe(current.run_id, caller.connection_id, after)
        if subscribed is None:
            self._replay.send(caller.connection_id, current.run_id, after, caller.has_time)
        elif waits_for_worker(subscribed):
            self._runs.hand_off(subscribed)
        elif delivers_by_turns(subscribed):
            self._answers.deliver(subscribed.run_id)

    def _cancel(self, caller: Caller, request: CancelRequest) -> None:
        cancelled = self._runs.request_cancel(caller.owner, request.run_id)
        self._send(caller, frames.ack("cancel", cancelled.run_id, cancelled.session_id))
        self._runs.cancel(cancelled)

    def _answer(self, caller: Caller, request: AnswerRequest) -> None:
        settled = self._runs.answer(caller.owner, request.run_id, request.question_id, request.answer)
        self._send(caller, frames.ack("answer", settled.head.run_id, settled.head.session_id))
        self._runs.pass_on(settled)

    def _list(self, caller: Caller, request: RunsRequest) -> None:
        heads = [self._runs.current(head) for head in self._journal.runs(caller.owner, request.limit)]
        self._send(caller, frames.runs([_summary(head) for head in heads]))

    def _files(self, caller: Caller, request: FilesRequest) -> None:
        head = self._runs.owned(caller.owner, request.run_id)
        page = self._links.page(head.run_id, request.after)
        self._send(caller, frames.files(head.run_id, page.files, page.more))

    def _send(self, caller: Caller, frame: bytes) -> None:
        """A response that does not arrive changes nothing: the run goes on, and the client asks again."""
        try:
            self._connections.post(caller.connection_id, frame)
        except NotDeliveredError:
            log("gateway.not_delivered", level="WARNING", connection_id=caller.connection_id, exc_info=True)


def _summary(head: Head) -> dict[str, Any]:
    return {
        "run_id": head.run_id,
        "status": head.status.value,
        "agent": head.agent,
        "session_id": head.session_id,
        "question": head.question,
        "created_at": head.created_at,
        "open_questions": head.open_questions if head.status is Status.WAITING else 0,
    }
