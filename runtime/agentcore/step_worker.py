"""Carries steps of background runs, each once, and tells the workflow that waits for them."""

import asyncio
import functools
from dataclasses import dataclass
from typing import Final

from contract.errors import ErrorCode, RunError
from contract.step_request import Assignment
from runtime.agentcore.background_step import BackgroundStep
from runtime.agentcore.step_outputs import StepOutputs
from runtime.agentcore.task_heartbeat import WaitingState
from runtime.aws_clients import lean_client
from runtime.delivery.connections import Connections, NoConnections
from runtime.delivery.dependencies import Workbench
from runtime.engine.agent_run import AgentRun
from runtime.engine.cancellation import Deadline
from runtime.engine.metrics import Meter
from runtime.engine.orchestrator import Orchestrator, OrchestratorSlot
from runtime.environment import HostEnvironment
from runtime.journal import Head, Journal, RunEnded
from runtime.logs import log
from runtime.task_tokens import TaskTokens
from runtime.threads import Threads

_NOT_OURS: Final = frozenset({ErrorCode.CONFLICT, ErrorCode.UNKNOWN_RUN})
"""What a claim is refused with where there is nothing to carry."""

_CLAIM_DELAYS: Final = (0.5, 1.0, 2.0)
"""Seconds before a journal that takes no more requests is asked again: nobody else would begin the step."""

_MARGIN_SHARE: Final = 0.25
"""Of an agent's time at most, to end its step in."""

_POST_THREADS: Final = 8
_JOURNAL_THREADS: Final = 8
_SETUP_THREADS: Final = 4


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the steps of a process share. `deadline_margin` is in seconds: an agent is stopped so long before its time
    is over."""

    bench: Workbench
    orchestrators: OrchestratorSlot
    outputs: StepOutputs
    tokens: TaskTokens
    deadline_margin: float

    @classmethod
    def create(cls, environment: HostEnvironment) -> "Workshop":
        """Makes the clients; the agents are imported when the first is needed."""
        s3 = lean_client("s3", attempts=3)
        url = environment.callback_url
        bench = Workbench(
            journal=Journal.create(environment.journal, s3=s3),
            connections=Connections.create(url, _POST_THREADS) if url else NoConnections(),
            journal_threads=Threads("journal", _JOURNAL_THREADS),
            post_threads=Threads("post", _POST_THREADS),
        )
        build = functools.partial(Orchestrator.create, environment.agents, Threads("setup", _SETUP_THREADS))
        outputs = StepOutputs(environment.journal.payload_bucket, s3)
        return cls(bench, OrchestratorSlot(build), outputs, TaskTokens(), environment.deadline_margin)


class BackgroundWorker:
    """Its coroutines all run on one event loop, see Worker."""

    def __init__(self, workshop: Workshop) -> None:
        self._shop = workshop
        self._journal = workshop.bench.journal
        self._threads = workshop.bench.journal_threads
        self._runs: set[AgentRun] = set()
        self._leftovers: set[asyncio.Task[None]] = set()
        self._evicted_within: float | None = None

    async def carry(self, job: Assignment) -> Head | None:
        """Carry the step to its end; the run's head after it, None where the step was not ours. Raises what kept the
        end from being written: the workflow sees the heartbeats end, and closes the run."""
        meter = Meter()
        deadline = Deadline.after(job.seconds, min(self._shop.deadline_margin, job.seconds * _MARGIN_SHARE))
        waiting = self._waiting_state(job)
        try:
            head, meter.last_seq = await self._claim(job)
        except RunEnded:
            log("host.run_has_ended", agent=job.agent, step=job.step)
        except RunError as refusal:
            if refusal.code not in _NOT_OURS:
                raise
            # AgentCore or the state machine has delivered it twice, or too late.
            log("host.not_claimed", level="WARNING", step=job.step, code=refusal.code, reason=refusal.message)
            return None
        else:
            part = BackgroundStep(head, job, self._shop.outputs, self._threads, waiting)
            await self._execute(AgentRun(head, part, self._shop.bench, deadline, meter, self._leftovers), job)
        after = await self._threads.run(self._journal.head, job.run_id)
        if waiting is not None and (after.status.is_terminal or after.step_done >= job.step):
            await waiting.tell(after)
        return after

    def evict(self, seconds: float) -> None:
        """The process is being ended: every step stops its agent, and ends within so many seconds."""
        self._evicted_within = seconds
        for run in self._runs:
            run.evict(seconds)

    async def _claim(self, job: Assignment) -> tuple[Head, int]:
        for delay in _CLAIM_DELAYS:
            try:
                return await self._threads.run(self._journal.claim_step, job.run_id, job.step)
            except RunError as refusal:
                if refusal.code is not ErrorCode.THROTTLED:
                    raise
                log("host.claim_retry", level="WARNING", step=job.step, reason=refusal.message)
                await asyncio.sleep(delay)
        return await self._threads.run(self._journal.claim_step, job.run_id, job.step)

    async def _execute(self, run: AgentRun, job: Assignment) -> None:
        self._runs.add(run)
        if self._evicted_within is not None:
            run.evict(self._evicted_within)
        try:
            figures = await run.execute(self._threads.run(self._shop.orchestrators.ready))
        finally:
            self._runs.discard(run)
        log("host.step", **{**figures, "agent": job.agent, "step": job.step})

    def _waiting_state(self, job: Assignment) -> WaitingState | None:
        if not job.token:
            return None
        return WaitingState(job.token, job.heartbeat_seconds, self._shop.tokens, self._threads)
