"""One model call of a run: streamed to journal and sockets, and stored before anybody relies on it."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from strands.types.session import decode_bytes_values, encode_bytes_values

from contract.errors import RunError
from contract.events import Event, EventType
from runtime.delivery.broadcaster import Broadcaster
from runtime.delivery.turns import LEASE_SECONDS
from runtime.engine.answer import text_of
from runtime.engine.cancellation import CancellationCause, CancellationToken, Deadline
from runtime.engine.conversations import Conversation
from runtime.engine.event_writer import EventWriter
from runtime.engine.heartbeat import Heartbeat
from runtime.engine.outcome import Outcome
from runtime.engine.steering import Steering
from runtime.journal import Head, RunWriter
from runtime.process.logs import log
from runtime.react.agent.agents_process import AgentsProcess
from runtime.react.agent.checkpoints import STOPPED
from runtime.react.agent.turn_task import TurnTask
from runtime.react.turn_files import TOOL_USE, SavedTurn

_HAND_OFF_SECONDS: Final = 3.0
"""For subscribers that lag when the call has ended: the next function continues with them."""


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """A model call: its number, which attempt at it this is (from 1), and what the turn before has left (None for the
    first), with the messages that follow it."""

    turn: int
    attempt: int
    before: SavedTurn | None
    results: list[Any]


class StoppedTurnError(Exception):
    """The model call was stopped before its end."""

    def __init__(self, cause: CancellationCause) -> None:
        super().__init__(f"the model call was stopped ({cause.name.lower()})")
        self.cause = cause


class ModelTurn:
    """Makes the call under the head's epoch. While it streams it holds the lease with which one process posts to the
    run's subscribers."""

    def __init__(self, head: Head, seq: int, request: TurnRequest, process: AgentsProcess, deadline: Deadline) -> None:
        self._head = head
        self._request = request
        self._process = process
        self._deadline = deadline
        self._cancellation = CancellationToken()
        self._by = secrets.token_hex(8)
        self._seq = seq
        self._has_text = request.attempt > 1 or (request.before is not None and request.before.has_text)
        dependencies = process.dependencies
        self._journal, self._threads = dependencies.journal, dependencies.journal_threads
        self._broadcaster = Broadcaster(head.run_id, seq, dependencies)
        self._writer = EventWriter(
            RunWriter(self._journal, head, seq, is_checked=True),
            self._broadcaster.sender,
            self._threads,
            self._on_event,
            self._on_unwritable,
            {} if request.attempt == 1 else {"attempt": request.attempt},
        )
        given = 0 if request.before is None else request.before.steered
        self._steering = Steering(dependencies, lambda: self._head, given, self._is_stopping)
        self._heartbeat = Heartbeat(self._beat, self._threads, self._on_beat, self._on_lost)

    @property
    def seq(self) -> int:
        """The number of the newest event seen."""
        return self._seq

    async def execute(self) -> SavedTurn:
        """The turn, stored. Raises StoppedTurnError, or RunError with what the user may know."""
        self._writer.start()
        if self._head.subscribers:
            self._on_beat(await self._threads.run(self._beat))
        elif self._head.cancel_requested:
            self._cancellation.cancel(CancellationCause.REQUESTED)
        self._heartbeat.start()
        try:
            orchestrator = await self._threads.run(self._process.orchestrators.ready)
            task = TurnTask(
                orchestrator,
                _QuietCalls(self._writer),
                self._cancellation,
                self._conversation(),
                self._request.before,
                self._steering,
            )
            saved = await self._finish(task, await self._await_agent(task))
        finally:
            self._heartbeat.stop()
            await self._writer.close()
            await self._hand_off()
            await self._steering.settle(self._deadline.left() / 2)
        if self._writer.failure is not None:
            raise StoppedTurnError(CancellationCause.UNRECORDED) from self._writer.failure
        return saved

    def _conversation(self) -> Conversation | None:
        before = self._request.before
        if before is None:
            return None
        messages: Any = decode_bytes_values([*before.messages, *self._request.results])
        return Conversation(messages, before.version)

    async def _await_agent(self, task: TurnTask) -> BaseException | None:
        """What the agent raised, None where it has ended."""
        working = asyncio.create_task(task.run(self._head))
        cancelling = asyncio.create_task(self._cancellation.wait())
        try:
            until_stop = self._deadline.stop_at - asyncio.get_running_loop().time()
            await asyncio.wait({working, cancelling}, timeout=max(0.0, until_stop), return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                self._cancellation.cancel(CancellationCause.DEADLINE)
                await asyncio.wait({working}, timeout=self._deadline.grace(self._cancellation.cause))
        finally:
            cancelling.cancel()
        if not working.done():
            self._process.abandon(working)
            return StoppedTurnError(self._cancellation.cause or CancellationCause.DEADLINE)
        cause, error = self._cancellation.cause, working.exception()
        if cause is not None and (error is not None or task.translation.stop_reason in {None, "cancelled"}):
            return StoppedTurnError(cause)
        return error

    async def _finish(self, task: TurnTask, error: BaseException | None) -> SavedTurn:
        usage = task.translation.usage()
        if usage.get("model_calls"):
            self._writer.event(EventType.USAGE, {**usage, "turn": self._request.turn})
        await self._writer.written()
        if self._writer.is_fenced:
            raise StoppedTurnError(CancellationCause.FENCED)
        if self._writer.failure is not None:
            raise StoppedTurnError(CancellationCause.UNRECORDED) from self._writer.failure
        if error is not None:
            raise error
        outcome = task.translation.outcome()
        if task.translation.stop_reason != STOPPED and outcome.final_event is not EventType.RUN_SUCCEEDED:
            raise _failed(outcome, self._head.run_id)
        saved = self._saved(task, usage, outcome)
        if not await self._threads.run(self._process.files.save_turn, self._head.run_id, saved):
            # an earlier attempt that was thought dead has stored it
            stored = await self._threads.run(self._process.files.turn, self._head.run_id, saved.turn)
            saved = stored or saved
        for call in saved.calls:
            self._writer.event(EventType.TOOL_CALL, call_event(call.tool_use_id, call.name, call.input))
        return saved

    def _saved(self, task: TurnTask, usage: Mapping[str, int], outcome: Outcome) -> SavedTurn:
        prepared, before = task.prepared, self._request.before
        if prepared is None:
            raise RuntimeError("an agent without an error has no messages")
        stop_reason = TOOL_USE if task.translation.stop_reason == STOPPED else outcome.stop_reason
        earlier: Mapping[str, int] = {} if before is None else before.usage
        total = {**earlier, **{name: earlier.get(name, 0) + count for name, count in usage.items()}}
        messages: Any = prepared.agent.messages
        return SavedTurn(
            turn=self._request.turn,
            messages=encode_bytes_values(list(messages)),
            version=prepared.conversation.version,
            stop_reason=stop_reason,
            usage=total,
            seq=self._seq,
            text=text_of(messages[-1]) if messages else "",
            has_text=task.turn_translation.has_text,
            steered=self._steering.given,
            calls=tuple(task.calls()) if stop_reason == TOOL_USE else (),
            output=task.translation.structured,
            invalid_outputs=task.invalid_outputs,
        )

    async def _hand_off(self) -> None:
        """Store what each subscriber has, and let others post."""
        try:
            cursors = await self._broadcaster.sender.hand_off(
                min(_HAND_OFF_SECONDS, max(0.0, self._deadline.left() / 2))
            )
            if self._head.subscribers:
                await self._threads.run(self._journal.deliveries.end, self._head, self._by, cursors)
        except Exception:
            # they get some frames twice, which a client skips
            log("invoke_llm.cursors_not_stored", level="WARNING", exc_info=True)

    def _beat(self) -> Head:
        """The head after a heartbeat; without subscribers where another process posts to them at the moment."""
        head = self._journal.heartbeat(self._head.run_id, self._head.epoch)
        if not head.subscribers:
            return head
        leased = self._journal.deliveries.start(head.run_id, self._by, LEASE_SECONDS)
        if leased is None:
            return replace(head, subscribers={})
        return replace(leased, delivery_until=0.0)  # the lease is this process's own, nobody else posts

    def _on_beat(self, head: Head) -> None:
        self._head = head
        self._broadcaster.follow(head)
        if head.status.is_terminal:
            self._writer.fence()
        elif head.cancel_requested:
            self._cancellation.cancel(CancellationCause.REQUESTED)

    def _on_lost(self) -> None:
        self._writer.fence()
        self._broadcaster.close()

    def _on_event(self, event: Event) -> None:
        self._seq = event.seq
        if event.type is EventType.TEXT and not self._has_text:
            self._has_text = True
            since = datetime.fromisoformat(event.at) - datetime.fromisoformat(self._head.created_at)
            # a metric reads the milliseconds from the acceptance of the run to its first text
            log("invoke_llm.first_text", run_id=event.run_id, first_text_ms=round(since.total_seconds() * 1000, 1))
        if event.type is EventType.CANCEL_REQUESTED:
            self._cancellation.cancel(CancellationCause.REQUESTED)

    def _is_stopping(self) -> bool:
        return self._cancellation.cause is not None

    def _on_unwritable(self) -> None:
        is_fenced = self._writer.is_fenced
        self._cancellation.cancel(CancellationCause.FENCED if is_fenced else CancellationCause.UNRECORDED)


class _QuietCalls:
    """The writer without the model's calls: they are reported when the turn is stored, so that an attempt that stores
    nothing leaves none."""

    def __init__(self, writer: EventWriter) -> None:
        self._writer = writer
        self.written = partial(writer.written)

    def text(self, delta: str) -> None:
        self._writer.text(delta)

    def event(self, event_type: EventType, data: Mapping[str, Any]) -> None:
        if event_type is not EventType.TOOL_CALL:
            self._writer.event(event_type, data)


def call_event(tool_use_id: str, name: str, tool_input: Mapping[str, Any]) -> dict[str, Any]:
    """The data of TOOL_CALL."""
    return {"tool_use_id": tool_use_id, "name": name, "input": tool_input}


def _failed(outcome: Outcome, run_id: str) -> RunError:
    error = outcome.error() or {}
    code = outcome.code
    if code is None:
        raise RuntimeError(f"a failed agent has no code: {error}")
    return RunError(code, str(error["error"]), run_id)
