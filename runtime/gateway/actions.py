"""The actions of a client: start, resume, cancel, answer, ping, runs and files."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from contract.errors import CANCELLED_MESSAGE, ErrorCode, RunError, error_data
from contract.events import EventType, Status
from contract.run_ids import new_run_id
from runtime.delivery import frames
from runtime.delivery.answers import AnswerDelivery, delivers_by_turns
from runtime.delivery.connections import Connections, NotDeliveredError
from runtime.delivery.next_runs import NextRuns
from runtime.delivery.replay import Replay
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
from runtime.journal import Head, Journal, NewRun
from runtime.process.dispatch import Dispatcher, DispatchError
from runtime.process.logs import log
from runtime.process.task_tokens import TaskTokens

_NO_WORKER_MESSAGE: Final = (
    "The run could not be handed to its worker{reason} and has ended; start it again under a new run id."
)


@dataclass(frozen=True, slots=True)
class Caller:
    """The socket that a frame came from and its owner; `has_time` returns whether there is time left to send more."""

    connection_id: str
    owner: str
    has_time: Callable[[], bool]


class Actions:
    """Serves parsed requests. `agents` may be asked for, the first is the default; `run_timeout` is in seconds, for a
    run's worker, from its invocation on."""

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
        self._dispatcher = dispatcher
        self._links = links
        self._replay = Replay(journal, connections)
        self._answers = AnswerDelivery(journal, TurnDelivery(journal, connections), tokens or TaskTokens())
        self._next_runs = NextRuns(journal, lambda: dispatcher)
        self._agents = agents
        self._run_timeout = run_timeout
        self._clock = clock

    def serve(self, caller: Caller, request: Request) -> None:
        """Serve the request and respond on the caller's socket; RunError for what the caller must see."""
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
                self._runs(caller, request)
            case FilesRequest():
                self._files(caller, request)
            case PingRequest():
                self._send(caller, frames.pong())

    def _start(self, caller: Caller, request: StartRequest) -> None:
        run_id = request.run_id or new_run_id()
        run = NewRun(
            run_id=run_id,
            session_id=request.session_id or run_id,  # not random: the same start sent twice is the same request
            owner=caller.owner,
            agent=self._agent(request.agent),
            question=request.question,
            connection_id=caller.connection_id,
            deadline_at=self._clock() + self._run_timeout,
            answers=request.answers,
            if_busy=request.if_busy,
        )
        try:
            head, created = self._journal.accept(run)
        except RunError as problem:
            if problem.code is ErrorCode.CONFLICT and problem.run_id not in {None, run_id}:
                self._wake(problem.run_id)
            raise
        # Before the hand-off, so that no event overtakes the ack.
        self._send(caller, frames.ack("start", head.run_id, head.session_id, head.behind))
        if created and head.behind:
            self._wake(head.behind)
        if not created or head.behind:
            self._follow(caller, head, after=0)
        else:
            self._hand_off(caller, head)

    def _wake(self, run_id: str | None) -> None:
        """The active run of a session: the look at it may have settled an expired question by its default, with which
        it goes on."""
        active = None if run_id is None else self._journal.head(run_id)
        if active is not None and active.paused_epoch and _waits_for_worker(active):
            self._dispatch(active)

    def _agent(self, name: str | None) -> str:
        if name is None:
            return self._agents[0]
        if name not in self._agents:
            message = f"Agent {name!r} is not deployed here; known agents: {', '.join(self._agents)}."
            raise RunError(ErrorCode.INVALID_REQUEST, message)
        return name

    def _resume(self, caller: Caller, request: ResumeRequest) -> None:
        head = self._owned(caller, request.run_id)
        self._send(caller, frames.ack("resume", head.run_id, head.session_id))
        self._follow(caller, head, request.after)

    def _follow(self, caller: Caller, head: Head, after: int) -> None:
        current = self._current(head)
        subscribed = self._journal.subscribe(current.run_id, caller.connection_id, after)
        if subscribed is None:
            self._replay.send(caller.connection_id, current.run_id, after, caller.has_time)
        elif _waits_for_worker(subscribed):
            self._hand_off(caller, subscribed)
        elif delivers_by_turns(subscribed):
            self._answers.deliver(subscribed.run_id)

    def _cancel(self, caller: Caller, request: CancelRequest) -> None:
        head = self._current(self._owned(caller, request.run_id))
        cancelled = self._journal.request_cancel(head.run_id)
        self._send(caller, frames.ack("cancel", head.run_id, head.session_id))
        if cancelled.workflow:
            if not cancelled.status.is_terminal:
                self._cancel_states(cancelled)
        elif _waits_for_worker(cancelled):
            self._hand_off(caller, cancelled)
        elif cancelled.status is Status.WAITING:
            self._close_waiting(cancelled)
        elif cancelled.behind:
            self._close_queued(cancelled)

    def _cancel_states(self, head: Head) -> None:
        """Nothing else would stop a state machine that waits for a person or for a task."""
        if delivers_by_turns(head):
            self._answers.deliver(head.run_id)
        self._answers.cancel_states(head.run_id)

    def _close_waiting(self, head: Head) -> None:
        """No worker would see that the run is cancelled; where it waits no more its worker does."""
        if self._journal.questions.close_cancelled(head.run_id, error_data(None, CANCELLED_MESSAGE)) is not None:
            self._answers.deliver(head.run_id)
            self._next_runs.start_after(head.run_id)

    def _close_queued(self, head: Head) -> None:
        """Its turn may come in days; where it has come meanwhile its worker sees that it is cancelled."""
        data = error_data(None, CANCELLED_MESSAGE)
        if self._journal.close_unclaimed(head.run_id, EventType.RUN_CANCELLED, data, data) is not None:
            self._journal.messages.forget(head)
            self._answers.deliver(head.run_id)
            self._next_runs.start_after(head.run_id)

    def _answer(self, caller: Caller, request: AnswerRequest) -> None:
        head = self._current(self._owned(caller, request.run_id))
        try:
            settled = self._journal.questions.answer(head.run_id, request.question_id, request.answer)
        except RunError:
            self._repeat(head, request.question_id)
            raise
        self._send(caller, frames.ack("answer", head.run_id, head.session_id))
        self._answers.pass_on(settled)
        if _waits_for_worker(settled.head):
            self._hand_off(caller, settled.head)

    def _repeat(self, head: Head, question_id: str | None) -> None:
        """The gateway that recorded the answer may have died before the run went on; then its client answers again, and
        may name no question."""
        for question in self._journal.questions.all(head.run_id):
            if question_id in {None, question.question_id}:
                self._answers.release(head.run_id, question)
        newest = self._journal.head(head.run_id)
        if _waits_for_worker(newest):
            self._dispatch(newest)

    def _runs(self, caller: Caller, request: RunsRequest) -> None:
        heads = [self._current(head) for head in self._journal.runs(caller.owner, request.limit)]
        self._send(caller, frames.runs([_summary(head) for head in heads]))

    def _files(self, caller: Caller, request: FilesRequest) -> None:
        head = self._owned(caller, request.run_id)
        page = self._links.page(head.run_id, request.after)
        self._send(caller, frames.files(head.run_id, page.files, page.more))

    def _owned(self, caller: Caller, run_id: str) -> Head:
        head = self._journal.head(run_id)
        if head.owner != caller.owner:
            raise RunError(ErrorCode.NOT_OWNER, "The run belongs to another user; list your own runs.", run_id)
        return head

    def _current(self, head: Head) -> Head:
        """The head after what is overdue of the run has been settled, with what follows from it."""
        current = self._journal.close_overdue(head)
        if current.behind:
            return self._next_runs.start(current)
        if head.status is Status.WAITING and _waits_for_worker(current):
            self._dispatch(current)
        if current.status.is_terminal and not head.status.is_terminal:
            if head.status is Status.WAITING:
                self._answers.deliver(current.run_id)
            self._next_runs.start_after(current.run_id)
        return current

    def _hand_off(self, caller: Caller, head: Head) -> None:
        """For any run that waits for its worker: the gateway that accepted it may have died before the hand-off."""
        if problem := self._dispatch(head):
            self._give_up(caller, head.run_id, problem.reason)

    def _dispatch(self, head: Head) -> DispatchError | None:
        """Why the invocation of the worker has not arrived; None where it has or may have."""
        try:
            self._dispatcher.dispatch(head.run_id)
        except DispatchError as problem:
            log("gateway.hand_off_failed", level="ERROR", run_id=head.run_id, exc_info=True)
            return None if problem.may_have_arrived else problem
        return None

    def _give_up(self, caller: Caller, run_id: str, reason: str) -> None:
        """End a run that no worker will take; one that an earlier hand-off has reached goes on."""
        message = _NO_WORKER_MESSAGE.format(reason=f" ({reason})" if reason else "")
        data = error_data(ErrorCode.INTERNAL, message)
        if self._journal.close_unclaimed(run_id, EventType.RUN_FAILED, data, error=data) is None:
            return
        self._replay.send(caller.connection_id, run_id, 0, caller.has_time)
        raise RunError(ErrorCode.INTERNAL, message, run_id)

    def _send(self, caller: Caller, frame: bytes) -> None:
        """A response that does not arrive changes nothing: the run goes on, and the client asks again."""
        try:
            self._connections.post(caller.connection_id, frame)
        except NotDeliveredError:
            log("gateway.not_delivered", level="WARNING", connection_id=caller.connection_id, exc_info=True)


def _waits_for_worker(head: Head) -> bool:
    """A run of a workflow waits for an agent that its state machine invokes, another one may wait for its turn."""
    return head.status is Status.QUEUED and not head.workflow and not head.behind


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
