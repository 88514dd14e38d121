"""One agent at work on a run: from the claimed head to the events that end its part."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

from contract.errors import ErrorCode, RunError
from contract.events import Event, EventType
from runtime.delivery.broadcaster import Audience
from runtime.delivery.dependencies import Workbench
from runtime.engine.agent_task import AgentTask
from runtime.engine.cancellation import Deadline, StopCause, StopSwitch
from runtime.engine.event_writer import Recorder
from runtime.engine.heartbeat import Heartbeat
from runtime.engine.metrics import Meter
from runtime.engine.orchestrator import Orchestrator
from runtime.engine.outcome import Outcome
from runtime.engine.unit_of_work import Closing, Part
from runtime.journal import Head, RunWriter
from runtime.logs import log


class AgentRun:
    """Carries a part of a run that this worker has claimed. `leftovers` gets the task of an agent that would not stop;
    `meter` knows the newest event there was."""

    def __init__(
        self,
        head: Head,
        part: Part,
        bench: Workbench,
        deadline: Deadline,
        meter: Meter,
        leftovers: set[asyncio.Task[None]],
    ) -> None:
        self._head = head
        self._part = part
        self._deadline = deadline
        self._meter = meter
        self._leftovers = leftovers
        self._switch = StopSwitch()
        self._audience = Audience(head, meter.last_seq, bench)
        writer = RunWriter(bench.journal, head, meter.last_seq)
        self._recorder = Recorder(writer, self._audience.sender, bench.journal_threads, self._saw, self._unwritable)
        self._heartbeat = Heartbeat(head, bench.journal, bench.journal_threads, self._beat, self._lost)

    async def execute(self, orchestrator: Awaitable[Orchestrator]) -> dict[str, Any]:
        """Have the agent work and end the part; returns the figures for the log. Without an orchestrator the run ends
        as FAILED. Raises what Recorder.finish does when the end could not be written."""
        self._recorder.start()
        self._audience.follow(self._head)
        self._heartbeat.start()
        self._part.begin(self._recorder)
        if self._head.cancel_requested:
            self._switch.stop(StopCause.CANCELLED)
        try:
            figures = await self._end(*await self._work(orchestrator))
        finally:
            self._heartbeat.stop()
            self._audience.close()
        return {**figures, "posts": self._audience.posts}

    def evict(self, seconds: float) -> None:
        """The process is being ended: stop the agent, and be done in so many seconds."""
        self._deadline = Deadline.after(seconds, seconds)
        self._switch.stop(StopCause.EVICTED)

    async def _work(self, orchestrator: Awaitable[Orchestrator]) -> tuple[Outcome, AgentTask | None]:
        try:
            ready = await orchestrator
            brief = await self._part.brief()
        except Exception as error:
            return Outcome.failed(error if isinstance(error, RunError) else self._internal(error)), None
        task = AgentTask(brief, ready, self._recorder, self._switch)
        return await self._await_agent(task), task

    async def _await_agent(self, agent_task: AgentTask) -> Outcome:
        working = asyncio.create_task(agent_task.run())
        stopping = asyncio.create_task(self._switch.wait())
        try:
            until_stop = self._deadline.stop_at - asyncio.get_running_loop().time()
            await asyncio.wait({working, stopping}, timeout=until_stop, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                self._switch.stop(StopCause.DEADLINE)
                await asyncio.wait({working}, timeout=self._deadline.grace(self._switch.cause))
        finally:
            stopping.cancel()
        cause = self._switch.cause
        if not working.done():
            self._leave(working)
            agent_task.prepared = None
            return self._stopped(cause or StopCause.DEADLINE)
        error = working.exception()
        stop_reason = agent_task.translation.stop_reason
        if cause is not None and (error is not None or stop_reason in {None, "cancelled"}):
            return self._stopped(cause)
        if error is not None:
            return Outcome.failed(error if isinstance(error, RunError) else self._internal(error))
        return Outcome.succeeded(stop_reason or "end_turn")

    def _leave(self, working: asyncio.Task[None]) -> None:
        # A blocking tool cannot be ended. Its agent was told to stop and will, in the process's next invocation at the
        # latest; cancelling the task would leave the model's stream and the MCP clients behind.
        log("worker.agent_left_behind", level="WARNING")
        self._leftovers.add(working)
        working.add_done_callback(self._leftovers.discard)
        working.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def _end(self, outcome: Outcome, task: AgentTask | None) -> dict[str, Any]:
        usage: dict[str, int] = {} if task is None else task.translation.usage()
        if usage.get("model_calls"):
            self._recorder.event(EventType.USAGE, usage)
        _, outcome = await asyncio.gather(self._recorder.close(), self._keep(outcome, task))
        if self._recorder.failure is not None:
            outcome = self._stopped(StopCause.UNRECORDED)
        closing = Closing(
            outcome=outcome,
            usage=_added(self._head.usage, usage),
            recorder=self._recorder,
            audience=self._audience,
            figures=self._meter.summary,
            left=self._left,
        )
        told = await self._part.end(closing)
        return {**told, "ending": outcome.ending, "text_events": self._meter.text_events, **usage}

    async def _keep(self, outcome: Outcome, task: AgentTask | None) -> Outcome:
        if task is None or self._recorder.is_fenced:
            return outcome
        return await self._part.keep(outcome, task, self._deadline.left())

    def _left(self) -> float:
        return self._deadline.left()  # by the deadline of the moment: an eviction brings it forward

    def _saw(self, event: Event) -> None:
        self._meter.saw(event)
        if event.type is EventType.CANCEL_REQUESTED:
            self._switch.stop(StopCause.CANCELLED)

    def _beat(self, head: Head) -> None:
        self._audience.follow(head)
        self._part.beat()
        if head.status.is_terminal:
            self._switch.stop(StopCause.FENCED)
        elif head.cancel_requested:
            self._switch.stop(StopCause.CANCELLED)

    def _lost(self) -> None:
        # Whoever took the run over posts its events now.
        self._recorder.fence()
        self._audience.close()

    def _unwritable(self) -> None:
        self._switch.stop(StopCause.FENCED if self._recorder.is_fenced else StopCause.UNRECORDED)

    def _stopped(self, cause: StopCause) -> Outcome:
        return Outcome.stopped(cause, self._head.run_id, self._part.timeout)

    def _internal(self, error: BaseException) -> RunError:
        log("worker.failed", level="ERROR", exc_info=error)
        sentence = f"the agent failed; the worker's log tells why under run {self._head.run_id}"
        return RunError(ErrorCode.INTERNAL, sentence, self._head.run_id)


def _added(before: Mapping[str, int], usage: Mapping[str, int]) -> dict[str, int]:
    return {**before, **{name: before.get(name, 0) + count for name, count in usage.items()}}
