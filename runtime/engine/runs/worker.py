"""The worker of full runs: executes one run per event, and returns only when the run has ended or waits."""

import asyncio
import functools
import time
from collections.abc import Coroutine, Mapping
from typing import Any, Final

from contract.errors import NOTHING_TO_CLAIM, RunError
from runtime.delivery.connections import Connections, NoConnections
from runtime.delivery.dependencies import Dependencies
from runtime.delivery.next_runs import NextRuns
from runtime.engine.agent_run import AgentRun
from runtime.engine.cancellation import Deadline
from runtime.engine.metrics import Metrics
from runtime.engine.orchestrator import Orchestrator, OrchestratorSlot
from runtime.engine.runs.expiry import Expiry
from runtime.engine.runs.full_run import FullRun
from runtime.engine.runs.question_timers import QuestionTimers
from runtime.environment import WorkerEnvironment
from runtime.journal import Head, Journal
from runtime.process.dispatch import Dispatcher
from runtime.process.logs import log, run_lines
from runtime.process.threads import Threads
from runtime.tracing.labels import RunLabels
from runtime.tracing.telemetry import Telemetry

AGENT_THREADS: Final = 64
"""Of the event loop's default executor, for model streams and tools, which hold one each; Python's default would be 6
on a small function."""

_SERVICE: Final = "longrun-worker"
_FLUSH_SECONDS: Final = 1.0
"""After the end of a run, which everybody has by then: Lambda freezes the process when the invocation ends."""

_NO_RUN: Final = "00000000-0000-0000-0000-000000000000"

_POST_THREADS: Final = 16
_JOURNAL_THREADS: Final = 8
_SETUP_THREADS: Final = 8


class Worker:
    """What a process keeps between events. Its coroutines all run on one event loop: the clients of models and MCP
    servers end with the loop that they were created on."""

    def __init__(
        self,
        dependencies: Dependencies,
        orchestrators: OrchestratorSlot,
        deadline_margin: float,
        timers: QuestionTimers,
        next_runs: NextRuns | None = None,
        telemetry: Telemetry | None = None,
    ) -> None:
        """`deadline_margin` is in seconds: the agent is cancelled this long before the function's limit."""
        self._dependencies = dependencies
        self._orchestrators = orchestrators
        self._deadline_margin = deadline_margin
        self._expiry = Expiry(dependencies)
        self._next_runs = next_runs
        self._telemetry = telemetry
        self.timers = timers
        self._abandoned: set[asyncio.Task[None]] = set()

    @classmethod
    def create(cls, environment: WorkerEnvironment) -> "Worker":
        # First: Strands takes the process's provider of tracers when its first agent is made.
        telemetry = Telemetry.of_function(_SERVICE)
        setup_threads = Threads("setup", _SETUP_THREADS)
        url = environment.callback_url
        dependencies = Dependencies(
            journal=Journal.create(environment.journal),
            connections=Connections.create(url, _POST_THREADS) if url else NoConnections(),
            journal_threads=Threads("journal", _JOURNAL_THREADS),
            post_threads=Threads("post", _POST_THREADS),
            question_seconds=environment.question_timeout,
        )
        build = functools.partial(Orchestrator.create, environment.agents, setup_threads)
        timers = QuestionTimers(environment.timers["group"], environment.timers["role"])
        next_runs = NextRuns(dependencies.journal, lambda: Dispatcher.of_chain(timers.function_arn))
        return cls(dependencies, OrchestratorSlot(build), environment.deadline_margin, timers, next_runs, telemetry)

    async def handle(self, event: Mapping[str, Any], function_arn: str, seconds_left: float) -> None:
        """Serve one event: `{"run_id": "…"}`, with `"question_id"` where the timer of a question has fired, or
        `{"warm": true}`. `function_arn` is the function's own. Raises as serve does."""
        started = time.monotonic()
        self.timers.function_arn = function_arn
        if event.get("warm"):
            await self.warm_up()
        else:
            await self._handle(event, seconds_left)
        elapsed_ms = round((time.monotonic() - started) * 1000, 1)
        log("worker.served", run_id=event.get("run_id"), warm=bool(event.get("warm")), elapsed_ms=elapsed_ms)

    async def _handle(self, event: Mapping[str, Any], seconds_left: float) -> None:
        run_id = str(event["run_id"])
        with run_lines(run_id):
            if "question_id" in event:
                await self.expire(run_id, str(event["question_id"]), seconds_left)
            else:
                await self.serve(run_id, seconds_left)

    async def warm_up(self) -> None:
        """Create everything that a run would have to wait for: clients, the connection to the journal, an agent."""
        threads = self._dependencies.journal_threads
        orchestrator, _ = await asyncio.gather(
            threads.run(self._orchestrators.ready), threads.run(self._dependencies.journal.read, _NO_RUN, 0, 1)
        )
        await threads.run(orchestrator.warm_up)

    async def expire(self, run_id: str, question_id: str, seconds_left: float) -> None:
        """Settle a question whose timer has fired: by its default, with which the run goes on here, or the run ends. A
        question that is settled already stays as it is. Raises as serve does."""
        if await self._expiry.settle(run_id, question_id, seconds_left):
            await self.serve(run_id, seconds_left)
        else:
            await self._start_next(run_id)

    async def serve(self, run_id: str, seconds_left: float) -> None:
        """Execute the run to its end, or until it waits for answers. Raises what kept the end from being written: then
        the dead-letter handler ends the run."""
        metrics = Metrics()
        deadline = Deadline.after(seconds_left, self._deadline_margin)
        threads = self._dependencies.journal_threads
        orchestrator = asyncio.ensure_future(threads.run(self._orchestrators.ready))
        claimed, _ = await asyncio.gather(threads.run(self._claim, run_id), orchestrator, return_exceptions=True)
        if isinstance(claimed, RunError) and claimed.code in NOTHING_TO_CLAIM:
            # Lambda may deliver an asynchronous event twice, and the run may have ended meanwhile. With a throttled
            # journal, no other worker would execute the run.
            log("worker.not_claimed", level="WARNING", code=claimed.code, reason=claimed.message)
            return
        if isinstance(claimed, BaseException):
            raise claimed
        head, metrics.last_seq = claimed
        unit = FullRun(threads, self.timers)
        run = AgentRun(head, unit, self._dependencies, deadline, metrics, self._abandoned)
        measured = await self._traced(head, run.execute(orchestrator))
        log("worker.run", agent=head.agent, session_id=head.session_id, epoch=head.epoch, **measured)
        await self._start_next(run_id)
        if self._telemetry is not None and not await asyncio.to_thread(self._telemetry.flush, _FLUSH_SECONDS):
            log("worker.spans_not_sent", level="WARNING")

    async def _traced(self, head: Head, execution: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
        if self._telemetry is None:
            return await execution
        with self._telemetry.run(RunLabels.of(head), head.epoch, head.traceparent) as span:
            measured = await execution
            span.conclude(measured)
            return measured

    async def _start_next(self, run_id: str) -> None:
        """Invoke another worker for the run of the session whose turn has come."""
        if self._next_runs is not None:
            await self._dependencies.journal_threads.run(self._next_runs.start_after, run_id)

    def _claim(self, run_id: str) -> tuple[Head, int]:
        """The head and the number of the newest event; only RUN_ACCEPTED for a run that starts, and for no other."""
        head = self._dependencies.journal.claim(run_id)
        if head.epoch <= 1:
            return head, 1
        _, newest = self._dependencies.journal.latest(run_id)
        return head, newest.seq
