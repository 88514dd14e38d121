"""One agent at work on a run: from the claimed head to the events that end its unit of work."""

import asyncio
from collections.abc import Awaitable, Mapping
from functools import partial
from typing import Any

from contract.errors import ErrorCode, RunError
from contract.events import Event, EventType
from runtime.delivery.broadcaster import Broadcaster
from runtime.delivery.dependencies import Dependencies
from runtime.engine.agent_task import AgentTask
from runtime.engine.asking.stop import Stops
from runtime.engine.cancellation import CancellationCause, CancellationToken, Deadline
from runtime.engine.event_writer import EventWriter
from runtime.engine.heartbeat import Heartbeat
from runtime.engine.metrics import Metrics
from runtime.engine.orchestrator import Orchestrator
from runtime.engine.outcome import Outcome
from runtime.engine.steering import Steering
from runtime.engine.translation import INTERRUPTED
from runtime.engine.unit_of_work import BROADCAST_SHARE, Completion, UnitOfWork
from runtime.journal import Head, RunWriter
from runtime.process.logs import log


class AgentRun:
    """Executes a unit of work that this worker has claimed, and holds the newest head of its run. `abandoned` gets the
    task of an agent that does not stop; `metrics` has the number of the newest event."""

    def __init__(
        self,
        head: Head,
        unit: UnitOfWork,
        dependencies: Dependencies,
        deadline: Deadline,
        metrics: Metrics,
        abandoned: set[asyncio.Task[None]],
    ) -> None:
        self._head = head
        self._unit = unit
        self._deadline = deadline
        self._metrics = metrics
        self._abandoned = abandoned
        self._cancellation = CancellationToken()
        journal, threads = dependencies.journal, dependencies.journal_threads
        self._broadcaster = Broadcaster(head.run_id, metrics.last_seq, dependencies)
        writer = RunWriter(journal, head, metrics.last_seq)
        self._writer = EventWriter(writer, self._broadcaster.sender, threads, self._on_event, self._on_unwritable)
        beat = partial(journal.heartbeat, head.run_id, head.epoch)
        self._stops = Stops(head, unit.step_number, self._writer, dependencies)
        self._steering = Steering(dependencies, lambda: self._head, head.steered, self._is_stopping)
        self._heartbeat = Heartbeat(beat, threads, self._on_beat, self._on_lost)

    async def execute(self, orchestrator: Awaitable[Orchestrator]) -> dict[str, Any]:
        """Have the agent work and end the unit of work, or have its run wait for answers; returns the measurements for
        the log. Without an orchestrator the run ends as FAILED. Raises what EventWriter.finish does when the end or the
        questions could not be written."""
        self._writer.start()
        self._broadcaster.follow(self._head)
        self._heartbeat.start()
        self._unit.start(self._writer)
        if self._head.cancel_requested:
            self._cancellation.cancel(CancellationCause.REQUESTED)
        try:
            measured = await self._conclude(*await self._work(orchestrator))
        finally:
            self._heartbeat.stop()
            self._broadcaster.close()
            await self._steering.settle(self._left() * BROADCAST_SHARE)
        return {**measured, "posts": self._broadcaster.posts}

    def evict(self, seconds: float) -> None:
        """The process is being ended: stop the agent and end the unit of work within that many seconds."""
        self._deadline = Deadline.after(seconds, seconds)
        self._cancellation.cancel(CancellationCause.EVICTED)

    async def _work(self, orchestrator: Awaitable[Orchestrator]) -> tuple[Outcome | None, AgentTask | None]:
        """No outcome for an agent that waits for answers."""
        try:
            ready = await orchestrator
            brief = await self._unit.brief(self._head)
            resumption = await self._stops.resumption(ready.paused_runs)
        except Exception as error:
            return Outcome.failed(error if isinstance(error, RunError) else self._internal(error)), None
        if resumption is not None:
            self._steering.given = resumption.paused.steered
        stops = self._stops
        task = AgentTask(
            ready, self._writer, self._cancellation, stops.asker, stops.ask_ahead, resumption, self._steering
        )
        return await self._await_agent(task, brief), task

    async def _await_agent(self, agent_task: AgentTask, brief: Head) -> Outcome | None:
        working = asyncio.create_task(agent_task.run(brief))
        cancelling = asyncio.create_task(self._cancellation.wait())
        try:
            until_stop = self._deadline.stop_at - asyncio.get_running_loop().time()
            await asyncio.wait({working, cancelling}, timeout=until_stop, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                self._cancellation.cancel(CancellationCause.DEADLINE)
                await asyncio.wait({working}, timeout=self._deadline.grace(self._cancellation.cause))
        finally:
            cancelling.cancel()
        cause = self._cancellation.cause
        if not working.done():
            self._abandon(working)
            return self._stopped(cause or CancellationCause.DEADLINE)
        if agent_task.asked:
            return None
        error = working.exception()
        translation = agent_task.translation
        if cause is not None and (error is not None or translation.stop_reason in {None, "cancelled", INTERRUPTED}):
            return self._stopped(cause)
        if error is not None:
            return Outcome.failed(error if isinstance(error, RunError) else self._internal(error))
        return translation.outcome()

    def _abandon(self, working: asyncio.Task[None]) -> None:
        # A blocking tool cannot be ended. Its agent was asked to stop and will, in the process's next invocation at the
        # latest; cancelling the task would leave the model's stream and the MCP clients open.
        log("worker.agent_abandoned", level="WARNING")
        self._abandoned.add(working)
        working.add_done_callback(self._abandoned.discard)
        working.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def _conclude(self, outcome: Outcome | None, task: AgentTask | None) -> dict[str, Any]:
        if outcome is not None or task is None:
            return await self._finish(outcome or self._stopped(CancellationCause.UNRECORDED), task)
        try:
            await self._stops.store(task.paused_runs, task, self._left())
        except RunError as problem:
            return await self._finish(Outcome.failed(problem), task)
        return await self._wait(task)

    async def _wait(self, task: AgentTask) -> dict[str, Any]:
        """Nothing of the run is left in this process after it."""
        usage = self._report_usage(task)
        await self._writer.close()
        if self._writer.failure is not None:
            return await self._finish(self._stopped(CancellationCause.UNRECORDED), task)
        if not self._writer.is_fenced:
            await asyncio.gather(self._hand_off(), self._unit.pause(self._head, task, self._left()))
        data = await self._stops.wait(self._head, task.asked, _added(self._head.usage, usage))
        return {**data, "text_events": self._metrics.text_events, **usage}

    def _report_usage(self, task: AgentTask) -> dict[str, int]:
        usage = task.translation.usage()
        if usage["model_calls"]:
            self._writer.event(EventType.USAGE, usage)
        return usage

    async def _finish(self, outcome: Outcome, task: AgentTask | None) -> dict[str, Any]:
        usage: dict[str, int] = {}
        if task is not None:
            task.translation.close_calls(task.results)
            usage = self._report_usage(task)
        _, outcome = await asyncio.gather(self._writer.close(), self._store(outcome, task))
        if self._writer.failure is not None:
            outcome = self._stopped(CancellationCause.UNRECORDED)
        completion = Completion(
            outcome=outcome,
            usage=_added(self._head.usage, usage),
            writer=self._writer,
            broadcaster=self._broadcaster,
            metrics=self._metrics.summary,
            left=self._left,
            hand_off=self._hand_off,
        )
        data = await self._unit.finish(completion)
        return {**data, "ending": outcome.final_event, "text_events": self._metrics.text_events, **usage}

    async def _store(self, outcome: Outcome, task: AgentTask | None) -> Outcome:
        if task is None or self._writer.is_fenced:
            return outcome
        return await self._unit.store(self._head, outcome, task, self._deadline.left())

    async def _hand_off(self) -> None:
        await self._broadcaster.hand_off(self._head, self._left() * BROADCAST_SHARE)

    def _is_stopping(self) -> bool:
        return self._cancellation.cause is not None

    def _left(self) -> float:
        return self._deadline.left()  # by the deadline of the moment: an eviction brings it forward

    def _on_event(self, event: Event) -> None:
        self._metrics.record(event)
        if event.type is EventType.CANCEL_REQUESTED:
            self._cancellation.cancel(CancellationCause.REQUESTED)

    def _on_beat(self, head: Head) -> None:
        self._head = head
        self._broadcaster.follow(head)
        self._unit.beat()
        if head.status.is_terminal:
            self._cancellation.cancel(CancellationCause.FENCED)
        elif head.cancel_requested:
            self._cancellation.cancel(CancellationCause.REQUESTED)

    def _on_lost(self) -> None:
        # The worker that took the run over posts its events now.
        self._writer.fence()
        self._broadcaster.close()

    def _on_unwritable(self) -> None:
        is_fenced = self._writer.is_fenced
        self._cancellation.cancel(CancellationCause.FENCED if is_fenced else CancellationCause.UNRECORDED)

    def _stopped(self, cause: CancellationCause) -> Outcome:
        return Outcome.stopped(cause, self._head.run_id, self._unit.timeout_message)

    def _internal(self, error: BaseException) -> RunError:
        log("worker.failed", level="ERROR", exc_info=error)
        message = f"the agent failed; see the worker's log under run {self._head.run_id} for the reason"
        return RunError(ErrorCode.INTERNAL, message, self._head.run_id)


def _added(before: Mapping[str, int], usage: Mapping[str, int]) -> dict[str, int]:
    return {**before, **{name: before.get(name, 0) + count for name, count in usage.items()}}
