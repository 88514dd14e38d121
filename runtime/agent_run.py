"""One run in its worker: from the claimed head to the event that ends it."""

import asyncio
from functools import partial
from typing import Any, Final

from runtime.agent_task import AgentTask
from runtime.contract import ErrorCode, Event, EventType, RunError
from runtime.heartbeat import Heartbeat
from runtime.journal import Head, RunWriter
from runtime.logs import log
from runtime.meter import Meter
from runtime.orchestrator import Orchestrator
from runtime.outcome import Outcome
from runtime.recorder import Recorder
from runtime.sender import Sender
from runtime.sessions import SessionConflictError, anchored, completed, is_valid
from runtime.stop import Deadline, StopCause, StopSwitch
from runtime.tail import Tail
from runtime.workbench import Workbench

_ACCEPTED_SEQ: Final = 1
"""RUN_ACCEPTED is in the journal before a worker hears of the run."""

_DRAIN_SECONDS: Final = 10.0
"""For subscribers that lag when the run has ended; they can resume after it."""

_DRAIN_SHARE: Final = 0.75
"""Of the time that is left to the function; the rest is for the log and the return."""


_SAVE_SECONDS: Final = 10.0
"""For the conversation, which comes before the closing event: a bucket that hangs must not keep a run from its end."""


class AgentRun:
    """Carries a run that this worker has claimed. `leftovers` gets the task of an agent that would not stop."""

    def __init__(
        self, head: Head, bench: Workbench, deadline: Deadline, meter: Meter, leftovers: set[asyncio.Task[None]]
    ) -> None:
        self._head = head
        self._bench = bench
        self._deadline = deadline
        self._meter = meter
        self._leftovers = leftovers
        self._switch = StopSwitch()
        tail = Tail(head.run_id, _ACCEPTED_SEQ, bench.journal, bench.journal_threads)
        self._sender = Sender(head.run_id, tail, bench.journal, bench.connections, bench.post_threads)
        writer = RunWriter(bench.journal, head, _ACCEPTED_SEQ)
        self._recorder = Recorder(writer, self._sender, bench.journal_threads, self._saw, self._unwritable)
        self._heartbeat = Heartbeat(head, bench.journal, bench.journal_threads, self._beat, self._lost)

    async def execute(self, orchestrator: Orchestrator | BaseException) -> dict[str, Any]:
        """Have the agent work and end the run; returns the figures for the log. An exception in place of the
        orchestrator ends the run as FAILED. Raises what Recorder.finish does when the end could not be written."""
        self._recorder.start()
        self._sender.follow(self._head.subscribers)
        self._heartbeat.start()
        if self._head.cancel_requested:
            self._switch.stop(StopCause.CANCELLED)
        try:
            if isinstance(orchestrator, BaseException):
                figures = await self._end(Outcome.failed(self._internal(orchestrator)), None)
            else:
                task = AgentTask(self._head, orchestrator, self._recorder, self._switch)
                figures = await self._end(await self._await_agent(task), task)
            await self._serve_the_rest()
        finally:
            self._heartbeat.stop()
            self._sender.close()
        return {**figures, "posts": self._sender.posts}

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
            return Outcome.stopped(cause or StopCause.DEADLINE, self._head.run_id)
        error = working.exception()
        stop_reason = agent_task.translation.stop_reason
        if cause is not None and (error is not None or stop_reason in {None, "cancelled"}):
            return Outcome.stopped(cause, self._head.run_id)
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
        await asyncio.gather(self._recorder.close(), self._save_session(outcome, task))
        if self._recorder.failure is not None:
            outcome = Outcome.stopped(StopCause.UNRECORDED, self._head.run_id)
        error = outcome.error()
        data = {"stop_reason": outcome.stop_reason, **self._meter.summary(self._meter.last_seq + 1), **(error or {})}
        await self._recorder.finish(outcome.ending, data, usage, error)
        return {**data, "ending": outcome.ending, "text_events": self._meter.text_events, **usage}

    async def _save_session(self, outcome: Outcome, task: AgentTask | None) -> None:
        """Before the closing event: the next question of the session may be asked right after it."""
        if task is None or task.prepared is None or outcome.ending is EventType.RUN_FAILED or self._recorder.is_fenced:
            return
        messages = anchored(task.prepared.agent.messages, self._head.question)
        if outcome.ending is not EventType.RUN_SUCCEEDED:
            messages = completed(messages, task.translation.partial_text)
        if not is_valid(messages):
            log("worker.session_not_saved", level="WARNING", reason="the history is not valid")
            return
        sessions, version = task.sessions, task.prepared.conversation.version
        save = partial(sessions.save, self._head.owner, self._head.session_id, messages, version)
        try:
            async with asyncio.timeout(min(_SAVE_SECONDS, self._deadline.left() / 2)):
                await self._bench.journal_threads.run(save)
        except SessionConflictError:
            log("worker.session_not_saved", level="WARNING", reason="another run has stored the session meanwhile")
        except Exception:
            log("worker.session_not_saved", level="ERROR", exc_info=True)

    async def _serve_the_rest(self) -> None:
        """Whoever subscribed before the end is in the head that is read after it; later ones get a replay."""
        try:
            head = await self._bench.journal_threads.run(self._bench.journal.head, self._head.run_id)
        except Exception:
            log("worker.head_not_read", level="WARNING", exc_info=True)
        else:
            if not head.status.is_terminal:
                return
            self._sender.publish_to_end(head.last_seq or self._meter.last_seq)
            self._sender.follow(head.subscribers)
        patience = min(_DRAIN_SECONDS, self._deadline.left() * _DRAIN_SHARE)
        if not await self._sender.drain(patience):
            log("worker.subscribers_lag", level="WARNING")

    def _saw(self, event: Event) -> None:
        self._meter.saw(event)
        if event.type is EventType.CANCEL_REQUESTED:
            self._switch.stop(StopCause.CANCELLED)

    def _beat(self, head: Head) -> None:
        self._sender.follow(head.subscribers)
        if head.status.is_terminal:
            self._switch.stop(StopCause.FENCED)
        elif head.cancel_requested:
            self._switch.stop(StopCause.CANCELLED)

    def _lost(self) -> None:
        # Whoever took the run over posts its events now.
        self._recorder.fence()
        self._sender.close()

    def _unwritable(self) -> None:
        self._switch.stop(StopCause.FENCED if self._recorder.is_fenced else StopCause.UNRECORDED)

    def _internal(self, error: BaseException) -> RunError:
        log("worker.failed", level="ERROR", exc_info=error)
        sentence = f"the agent failed; the worker's log tells why under run {self._head.run_id}"
        return RunError(ErrorCode.INTERNAL, sentence, self._head.run_id)
