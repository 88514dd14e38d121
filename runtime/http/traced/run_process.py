"""The process that executes runs while their callers wait: its event loop, clients and orchestrator are kept."""

import asyncio
import contextvars
import functools
from collections.abc import Mapping
from typing import Any, Final

from contract.errors import CANCELLED_MESSAGE, ErrorCode, RunError, error_data
from contract.events import EventType, Status
from contract.limits import MAX_PAUSES
from contract.questions import Question
from runtime.delivery.connections import Connections, NoConnections
from runtime.delivery.dependencies import Dependencies
from runtime.delivery.next_runs import NextRuns
from runtime.engine.agent_run import AgentRun
from runtime.engine.agent_task import AgentTask
from runtime.engine.cancellation import Deadline
from runtime.engine.metrics import Metrics
from runtime.engine.orchestrator import Orchestrator, OrchestratorSlot
from runtime.engine.outcome import Outcome
from runtime.engine.runs.full_run import FullRun
from runtime.engine.runs.question_timers import QuestionTimers
from runtime.engine.unit_of_work import Completion
from runtime.http.traced.environment import TracedEnvironment
from runtime.journal import Head, Journal
from runtime.process.dispatch import Dispatcher
from runtime.process.logs import log
from runtime.process.threads import ThreadPool, Threads

_AGENT_THREADS: Final = 64
"""For model streams and tools, which hold one each."""

_POST_THREADS: Final = 8
_JOURNAL_THREADS: Final = 8
_SETUP_THREADS: Final = 4

_QUESTION_SECONDS: Final = 60.0
"""The time that a question names where it names none; it is settled at once."""

_CANNOT_WAIT: Final = (
    "the agent asked a question, and nobody can answer while the caller waits; give the question a default, or start "
    "the run over the WebSocket"
)


class NoTimers(QuestionTimers):
    """For a process that settles each question at once."""

    def __init__(self) -> None:
        """Needs no client."""

    def set(self, run_id: str, question: Question) -> None:
        """There is nothing to wait for."""


class AnsweredRun(FullRun):
    """A full run whose answer the process itself needs, for the caller that waits. `outcome` is None until this process
    has written the end; then there are the `answer`, and the `usage` of the whole run."""

    def __init__(self, threads: Threads) -> None:
        super().__init__(threads, NoTimers())
        self.outcome: Outcome | None = None
        self.answer = ""
        self.usage: Mapping[str, int] = {}

    async def store(self, head: Head, outcome: Outcome, task: AgentTask, left: float) -> Outcome:
        self.answer = task.translation.final_text
        return await super().store(head, outcome, task, left)

    async def finish(self, completion: Completion) -> Mapping[str, Any]:
        data = await super().finish(completion)
        if not completion.writer.is_fenced:
            self.outcome, self.usage = completion.outcome, completion.usage
        return data


class RunProcess:
    """Executes one run at a time."""

    def __init__(
        self,
        dependencies: Dependencies,
        orchestrators: OrchestratorSlot,
        deadline_margin: float,
        next_runs: NextRuns | None = None,
    ) -> None:
        """`deadline_margin` is in seconds: the agent is cancelled this long before the function's limit."""
        self.journal: Journal = dependencies.journal
        self._dependencies = dependencies
        self._orchestrators = orchestrators
        self._deadline_margin = deadline_margin
        self._next_runs = next_runs
        self._abandoned: set[asyncio.Task[None]] = set()
        self._runner = asyncio.Runner()
        self._runner.get_loop().set_default_executor(ThreadPool(_AGENT_THREADS, "longrun-agent"))

    @classmethod
    def create(cls, environment: TracedEnvironment) -> "RunProcess":
        url, worker = environment.callback_url, environment.worker_function
        dependencies = Dependencies(
            journal=Journal.create(environment.journal),
            connections=Connections.create(url, _POST_THREADS) if url else NoConnections(),
            journal_threads=Threads("journal", _JOURNAL_THREADS),
            post_threads=Threads("post", _POST_THREADS),
            question_seconds=_QUESTION_SECONDS,
        )
        build = functools.partial(Orchestrator.create, environment.agents, Threads("setup", _SETUP_THREADS))
        next_runs = NextRuns(dependencies.journal, lambda: Dispatcher.of_chain(worker)) if worker else None
        orchestrators = OrchestratorSlot(build)
        try:
            # Before the first run waits for it.
            orchestrators.ready()
        except Exception:
            # The run fails with the reason.
            log("traced.orchestrator_not_ready", level="ERROR", exc_info=True)
        return cls(dependencies, orchestrators, environment.deadline_margin, next_runs)

    def execute(self, accepted: Head, seconds_left: float) -> AnsweredRun:
        """Execute an accepted run to its end. Raises what kept its end from being written."""
        unit = AnsweredRun(self._dependencies.journal_threads)
        # The runner has a context of its own, in which the spans of the run would have no parent.
        self._runner.run(self._execute(accepted, unit, seconds_left), context=contextvars.copy_context())
        return unit

    def close(self) -> None:
        """End the event loop."""
        self._runner.close()

    async def _execute(self, accepted: Head, unit: AnsweredRun, seconds_left: float) -> None:
        run_id, threads = accepted.run_id, self._dependencies.journal_threads
        deadline = Deadline.after(seconds_left, self._deadline_margin)
        for _ in range(MAX_PAUSES + 1):
            head, metrics = await threads.run(self._claim, run_id)
            run = AgentRun(head, unit, self._dependencies, deadline, metrics, self._abandoned)
            measured = await run.execute(asyncio.ensure_future(threads.run(self._orchestrators.ready)))
            log("traced.run", agent=head.agent, session_id=head.session_id, epoch=head.epoch, **measured)
            if measured["ending"] is not EventType.QUESTION or not await threads.run(self._settle, accepted):
                break
        if self._next_runs is not None:
            await threads.run(self._next_runs.start_after, run_id)

    def _claim(self, run_id: str) -> tuple[Head, Metrics]:
        head, metrics = self.journal.claim(run_id), Metrics()
        if head.epoch > 1:
            metrics.last_seq = self.journal.latest(run_id)[1].seq
        return head, metrics

    def _settle(self, accepted: Head) -> bool:
        """Whether the run goes on: all that it has asked has an answer now, by a default or from somebody who follows
        it."""
        run_id, questions = accepted.run_id, self.journal.questions
        for asked in questions.open(run_id):
            if questions.expire(run_id, asked.question_id, accepted.deadline_at, early=True) is None:
                break
        head = self.journal.head(run_id)
        if head.status is Status.WAITING:
            if head.cancel_requested:
                data = {"stop_reason": "cancelled", **error_data(None, CANCELLED_MESSAGE)}
                questions.close_cancelled(run_id, data)
            else:
                error = RunError(ErrorCode.INVALID_REQUEST, _CANNOT_WAIT).data
                self.journal.close(run_id, EventType.RUN_FAILED, {"stop_reason": "interrupt", **error}, error=error)
        return head.status is Status.QUEUED
