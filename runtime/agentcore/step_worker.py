"""Executes steps of background runs, each once, and reports to the workflow that waits for them."""

import asyncio
import functools
from dataclasses import dataclass
from typing import Final

from contract.errors import NOTHING_TO_CLAIM, ErrorCode, RunError
from contract.events import Status
from contract.step_request import StepRequest
from runtime.agentcore.background_step import BackgroundStep
from runtime.agentcore.step_outputs import StepOutputs
from runtime.agentcore.task_heartbeat import TaskHeartbeat
from runtime.delivery.connections import Connections, NoConnections
from runtime.delivery.dependencies import Dependencies
from runtime.engine.agent_run import AgentRun
from runtime.engine.cancellation import Deadline
from runtime.engine.metrics import Metrics
from runtime.engine.orchestrator import Orchestrator, OrchestratorSlot
from runtime.environment import AgentRuntimeEnvironment
from runtime.journal import Head, Journal, RunEnded
from runtime.process.aws_clients import minimal_client
from runtime.process.logs import log
from runtime.process.task_tokens import TaskTokens
from runtime.process.threads import Threads

_CLAIM_DELAYS: Final = (0.5, 1.0, 2.0)
"""Seconds before a throttled journal is asked again: no other worker would start the step."""

DEADLINE_MARGIN: Final = 30.0
"""Seconds before the end of its time at which an agent is cancelled, so that its end is recorded."""

_MARGIN_SHARE: Final = 0.25
"""The longest margin to end a step in, as a share of its agent's time."""

_POST_THREADS: Final = 8
_JOURNAL_THREADS: Final = 8
_SETUP_THREADS: Final = 4


@dataclass(frozen=True, slots=True)
class StepDependencies:
    """What the steps of a process share. `deadline_margin` is in seconds: an agent is cancelled this long before its
    time is over."""

    dependencies: Dependencies
    orchestrators: OrchestratorSlot
    outputs: StepOutputs
    tokens: TaskTokens
    deadline_margin: float = DEADLINE_MARGIN

    @classmethod
    def create(cls, environment: AgentRuntimeEnvironment) -> "StepDependencies":
        """Create the clients; the agents are imported when the first is needed."""
        s3 = minimal_client("s3", attempts=3)
        url = environment.callback_url
        dependencies = Dependencies(
            journal=Journal.create(environment.journal, s3=s3),
            connections=Connections.create(url, _POST_THREADS) if url else NoConnections(),
            journal_threads=Threads("journal", _JOURNAL_THREADS),
            post_threads=Threads("post", _POST_THREADS),
            question_seconds=environment.question_timeout,
        )
        build = functools.partial(Orchestrator.create, environment.agents, Threads("setup", _SETUP_THREADS))
        outputs = StepOutputs(environment.journal.payload_bucket, s3)
        margin = DEADLINE_MARGIN if environment.deadline_margin is None else environment.deadline_margin
        return cls(dependencies, OrchestratorSlot(build), outputs, TaskTokens(), margin)


def is_over(head: Head, step: StepRequest) -> bool:
    """Whether nothing of the run is left in this process: it has ended, or has stopped in this step for answers, with
    which the step starts again."""
    return head.status.is_terminal or head.step < step.step


class StepWorker:
    """Its coroutines all run on one event loop, see Worker."""

    def __init__(self, shared: StepDependencies) -> None:
        self._shared = shared
        self._journal = shared.dependencies.journal
        self._threads = shared.dependencies.journal_threads
        self._runs: set[AgentRun] = set()
        self._abandoned: set[asyncio.Task[None]] = set()
        self._evicted_within: float | None = None

    async def execute(self, step: StepRequest) -> Head | None:
        """Execute the step to its end, or until its run waits for answers; returns the run's head after it, None where
        another worker has the step. Raises what kept the end from being written: the workflow misses the heartbeats,
        and ends the run."""
        metrics = Metrics()
        deadline = Deadline.after(step.seconds, min(self._shared.deadline_margin, step.seconds * _MARGIN_SHARE))
        heartbeat = self._task_heartbeat(step)
        try:
            head, metrics.last_seq = await self._claim(step)
        except RunEnded:
            log("agents.run_has_ended", agent=step.agent, step=step.step)
        except RunError as problem:
            if problem.code not in NOTHING_TO_CLAIM:
                raise
            # AgentCore or the state machine has delivered it twice, or too late.
            log("agents.not_claimed", level="WARNING", step=step.step, code=problem.code, reason=problem.message)
            return None
        else:
            unit = BackgroundStep(step, self._shared.outputs, self._threads, heartbeat)
            run = AgentRun(head, unit, self._shared.dependencies, deadline, metrics, self._abandoned)
            await self._run(run, step)
        after = await self._threads.run(self._journal.head, step.run_id)
        if heartbeat is not None and (is_over(after, step) or after.step_done >= step.step):
            await heartbeat.report(after)
        return after

    async def has_answers(self, step: StepRequest) -> bool:
        """Whether a step that has stopped for answers can go on."""
        head = await self._threads.run(self._journal.head, step.run_id)
        return head.step < step.step and head.status is not Status.WAITING

    def evict(self, seconds: float) -> None:
        """The process is being ended: every step cancels its agent, and ends within that many seconds."""
        self._evicted_within = seconds
        for run in self._runs:
            run.evict(seconds)

    async def _claim(self, step: StepRequest) -> tuple[Head, int]:
        for delay in _CLAIM_DELAYS:
            try:
                return await self._threads.run(self._journal.claim_step, step.run_id, step.step)
            except RunError as problem:
                if problem.code is not ErrorCode.THROTTLED:
                    raise
                log("agents.claim_retry", level="WARNING", step=step.step, reason=problem.message)
                await asyncio.sleep(delay)
        return await self._threads.run(self._journal.claim_step, step.run_id, step.step)

    async def _run(self, run: AgentRun, step: StepRequest) -> None:
        self._runs.add(run)
        if self._evicted_within is not None:
            run.evict(self._evicted_within)
        try:
            measured = await run.execute(self._threads.run(self._shared.orchestrators.ready))
        finally:
            self._runs.discard(run)
        log("agents.step", **{**measured, "agent": step.agent, "step": step.step})

    def _task_heartbeat(self, step: StepRequest) -> TaskHeartbeat | None:
        if not step.token:
            return None
        return TaskHeartbeat(step.token, step.heartbeat_seconds, self._shared.tokens, self._threads)
