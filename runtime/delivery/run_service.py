"""The rules of runs for every entry point with users: accept and hand off, cancel, answer, settle what is overdue."""

import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from contract.errors import CANCELLED_MESSAGE, ErrorCode, RunError, error_data
from contract.events import EventType, Status
from contract.run_ids import new_run_id
from runtime.delivery.answers import AnswerDelivery, delivers_by_turns
from runtime.delivery.next_runs import NextRuns
from runtime.journal import Head, Journal, NewRun
from runtime.journal.questions import Settled
from runtime.process.dispatch import Dispatcher, DispatchError
from runtime.process.logs import log

_NO_WORKER_MESSAGE: Final = (
    "The run could not be handed to its worker{reason} and has ended; start it again under a new run id."
)


class NoWorkerError(RunError):
    """The worker of a run could not be invoked, and the run has ended as FAILED."""

    def __init__(self, message: str, run_id: str) -> None:
        super().__init__(ErrorCode.INTERNAL, message, run_id)


class RunRequest(Protocol):
    """What starts a run. What is left out is None and gets its default; `if_busy` is as in NewRun."""

    @property
    def question(self) -> str: ...

    @property
    def agent(self) -> str | None: ...

    @property
    def session_id(self) -> str | None: ...

    @property
    def run_id(self) -> str | None: ...

    @property
    def answers(self) -> tuple[Any, ...]: ...

    @property
    def if_busy(self) -> str: ...


class RunService:
    """Serves users without sending them anything: an entry point replies, and its users read the journal. `agents` may
    be asked for, the first is the default; `run_timeout` is in seconds, for a run's worker, from its invocation on.
    Methods raise RunError for what the user must see."""

    def __init__(
        self,
        journal: Journal,
        dispatcher: Dispatcher,
        answers: AnswerDelivery,
        agents: tuple[str, ...],
        run_timeout: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._journal = journal
        self._dispatcher = dispatcher
        self._answers = answers
        self._next_runs = NextRuns(journal, lambda: dispatcher)
        self._agents = agents
        self._run_timeout = run_timeout
        self._clock = clock

    def accept(
        self, owner: str, request: RunRequest, connection_id: str | None = None, traceparent: str = ""
    ) -> tuple[Head, bool]:
        """Accept the run, once; returns its head, and whether it is new. The connection subscribes to it from the first
        event; `traceparent` is the place of the run in a trace. `begin` must follow."""
        run_id = request.run_id or new_run_id()
        run = NewRun(
            run_id=run_id,
            session_id=request.session_id or run_id,  # not random: the same start sent twice is the same request
            owner=owner,
            agent=self._agent(request.agent),
            question=request.question,
            connection_id=connection_id,
            deadline_at=self._clock() + self._run_timeout,
            answers=request.answers,
            if_busy=request.if_busy,
            traceparent=traceparent,
        )
        try:
            return self._journal.accept(run)
        except RunError as problem:
            if problem.code is ErrorCode.CONFLICT and problem.run_id not in {None, run_id}:
                self._wake(problem.run_id)
            raise

    def begin(self, head: Head, created: bool) -> bool:
        """Have an accepted run worked on, where it is new and does not wait for its turn; returns whether it is. Any
        other run is one to follow. Raises NoWorkerError."""
        if created and head.behind:
            self._wake(head.behind)
        if not created or head.behind:
            return False
        self.hand_off(head)
        return True

    def follow(self, head: Head) -> Head:
        """The newest head of a run that a user begins to read from the journal: what is overdue has been settled, and a
        run that waits for its worker is handed off again. Raises NoWorkerError."""
        current = self.current(head)
        if waits_for_worker(current):
            self.hand_off(current)
        return current

    def owned(self, owner: str, run_id: str) -> Head:
        """The head of the owner's run. Raises RunError UNKNOWN_RUN or NOT_OWNER."""
        head = self._journal.head(run_id)
        if head.owner != owner:
            raise RunError(ErrorCode.NOT_OWNER, "The run belongs to another user; list your own runs.", run_id)
        return head

    def current(self, head: Head) -> Head:
        """The head after what is overdue of the run has been settled, with what follows from it."""
        current = self._journal.close_overdue(head)
        if current.behind:
            return self._next_runs.start(current)
        if head.status is Status.WAITING and waits_for_worker(current):
            self._dispatch(current)
        if current.status.is_terminal and not head.status.is_terminal:
            if head.status is Status.WAITING:
                self._answers.deliver(current.run_id)
            self._next_runs.start_after(current.run_id)
        return current

    def hand_off(self, head: Head) -> None:
        """Invoke the worker, of any run that waits for it: the process that accepted it may have died before. A run
        that no worker will take ends, with NoWorkerError; one that an earlier hand-off has reached goes on."""
        problem = self._dispatch(head)
        if problem is None:
            return
        message = _NO_WORKER_MESSAGE.format(reason=f" ({problem.reason})" if problem.reason else "")
        data = error_data(ErrorCode.INTERNAL, message)
        if self._journal.close_unclaimed(head.run_id, EventType.RUN_FAILED, data, error=data) is not None:
            raise NoWorkerError(message, head.run_id)

    def request_cancel(self, owner: str, run_id: str) -> Head:
        """Record that the run is to be cancelled; `cancel` must follow."""
        head = self.current(self.owned(owner, run_id))
        return self._journal.request_cancel(head.run_id)

    def cancel(self, cancelled: Head) -> None:
        """End a run with that request which no worker would end. Raises NoWorkerError."""
        if cancelled.workflow:
            if not cancelled.status.is_terminal:
                self._cancel_states(cancelled)
        elif waits_for_worker(cancelled):
            self.hand_off(cancelled)
        elif cancelled.status is Status.WAITING:
            self._close_waiting(cancelled)
        elif cancelled.behind:
            self._close_queued(cancelled)

    def answer(self, owner: str, run_id: str, question_id: str | None, answer: object) -> Settled:
        """Settle a question of the run, or its one open question, by the user's answer; `pass_on` must follow."""
        head = self.current(self.owned(owner, run_id))
        try:
            return self._journal.questions.answer(head.run_id, question_id, answer)
        except RunError:
            self._repeat(head, question_id)
            raise

    def pass_on(self, settled: Settled) -> None:
        """Have the run go on with the answer. Raises NoWorkerError."""
        self._answers.pass_on(settled)
        if waits_for_worker(settled.head):
            self.hand_off(settled.head)

    def _agent(self, name: str | None) -> str:
        if name is None:
            return self._agents[0]
        if name not in self._agents:
            message = f"Agent {name!r} is not deployed here; known agents: {', '.join(self._agents)}."
            raise RunError(ErrorCode.INVALID_REQUEST, message)
        return name

    def _wake(self, run_id: str | None) -> None:
        """The active run of a session: the look at it may have settled an expired question by its default, with which
        it goes on."""
        active = None if run_id is None else self._journal.head(run_id)
        if active is not None and active.paused_epoch and waits_for_worker(active):
            self._dispatch(active)

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

    def _repeat(self, head: Head, question_id: str | None) -> None:
        """The process that recorded the answer may have died before the run went on; then its user answers again, and
        may name no question."""
        for question in self._journal.questions.all(head.run_id):
            if question_id in {None, question.question_id}:
                self._answers.release(head.run_id, question)
        newest = self._journal.head(head.run_id)
        if waits_for_worker(newest):
            self._dispatch(newest)

    def _dispatch(self, head: Head) -> DispatchError | None:
        """Why the invocation of the worker has not arrived; None where it has or may have."""
        try:
            self._dispatcher.dispatch(head.run_id, head.traceparent)
        except DispatchError as problem:
            log("run.hand_off_failed", level="ERROR", run_id=head.run_id, exc_info=True)
            return None if problem.may_have_arrived else problem
        return None


def waits_for_worker(head: Head) -> bool:
    """A run of a workflow waits for an agent that its state machine invokes, another one may wait for its turn."""
    return head.status is Status.QUEUED and not head.workflow and not head.behind
