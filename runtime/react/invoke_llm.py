"""The model's state of the ReAct workflow: one streamed model call, whose tool calls go to the state machine."""

import time
from collections.abc import Mapping
from typing import Any, Final

from contract.errors import RunError
from contract.events import Event, EventType
from runtime.delivery.turns import TurnDelivery
from runtime.engine.cancellation import CancellationCause, Deadline
from runtime.journal import AlreadyClaimed, Head, Journal, LostEpoch, RunEnded, RunWriter
from runtime.process.lambda_function import LambdaContext, LambdaFunction, Served
from runtime.process.logs import log
from runtime.react.agent.agents_process import AgentsProcess
from runtime.react.agent.model_turn import ModelTurn, StoppedTurnError, TurnRequest, call_event
from runtime.react.budget import limit_reached
from runtime.react.ending.step_errors import JournalBusy, step_error
from runtime.react.environment import Budget, ReactEnvironment
from runtime.react.replies import CANCELLED, ENDED, FINISH, TIMED_OUT, TOOLS
from runtime.react.steps import step
from runtime.react.turn_files import TOOL_USE, SavedTurn, TurnFiles

_MARGIN_SECONDS: Final = 30.0
"""Before the function's limit, or the run's deadline, the model call is stopped; half of a shorter time."""

_STOPPED: Final = {CancellationCause.REQUESTED: CANCELLED, CancellationCause.DEADLINE: TIMED_OUT}


class InvokeLLM:
    """Makes model calls."""

    def __init__(self, process: AgentsProcess, budget: Budget) -> None:
        self.process = process
        self._budget = budget
        self._journal: Journal = process.dependencies.journal
        self._delivery = TurnDelivery(self._journal, process.dependencies.connections)

    @classmethod
    def create(cls, environment: ReactEnvironment) -> "InvokeLLM":
        return cls(AgentsProcess.create(environment), environment.budget)

    def invoke(self, run_id: str, turn: int, attempt: int, seconds_left: float) -> dict[str, Any]:
        """Make the model call of that turn, or repeat what an earlier attempt at it has stored; the run's subscribers
        are up to date after it. `attempt` counts from 1. Raises StepError, whose message is fit for the user."""
        conversation = _Conversation(self.process.files, run_id, turn)
        with step("invoke-llm", self._journal, run_id) as head:
            try:
                return self._invoke(head, conversation, turn, attempt, seconds_left)
            finally:
                self._delivery.deliver(run_id)

    def _invoke(
        self, head: Head, conversation: "_Conversation", turn: int, attempt: int, seconds_left: float
    ) -> dict[str, Any]:
        run_id, saved, before = head.run_id, conversation.saved, conversation.before
        reason = limit_reached(self._budget, turn, {} if before is None else before.usage)
        if saved is None and reason:
            return _finish(reason)
        try:
            head, seq = self._journal.claim_turn(run_id, head.workflow)
        except AlreadyClaimed:
            return _finish(ENDED)
        if saved is None:
            if head.cancel_requested:
                return _finish(CANCELLED)
            request = TurnRequest(turn, attempt, before, conversation.results)
            saved_or_reason = self._call(head, seq, request, seconds_left)
            if isinstance(saved_or_reason, str):
                return _finish(saved_or_reason)
            saved = saved_or_reason
        else:
            log("invoke_llm.repeated", level="WARNING", turn=turn)
            self._complete(head, seq, saved)
        return _reply(saved)

    def _call(self, head: Head, seq: int, request: TurnRequest, seconds_left: float) -> SavedTurn | str:
        """The turn, or why it was stopped."""
        seconds = min(seconds_left, head.deadline_at - time.time())
        if seconds <= 0:
            return TIMED_OUT
        try:
            return self.process.run(self._stream(head, seq, request, seconds))
        except StoppedTurnError as stopped:
            if stopped.cause is CancellationCause.FENCED:
                return ENDED
            if stopped.cause not in _STOPPED:
                raise JournalBusy("the run could not be recorded; start it again in a few minutes") from stopped
            return _STOPPED[stopped.cause]
        except RunError as problem:
            raise step_error(problem.code, problem.message) from problem

    async def _stream(self, head: Head, seq: int, request: TurnRequest, seconds: float) -> SavedTurn:
        deadline = Deadline.after(seconds, min(_MARGIN_SECONDS, seconds / 2))
        return await ModelTurn(head, seq, request, self.process, deadline).execute()

    def _complete(self, head: Head, seq: int, saved: SavedTurn) -> None:
        """Report the calls that an earlier attempt stored and did not report."""
        events = [] if seq == saved.seq else self._journal.scan(head.run_id, saved.seq)
        reported = {event.data.get("tool_use_id") for event in events if _is_call(event)}
        writer = RunWriter(self._journal, head, seq, is_checked=True)
        try:
            for call in saved.calls:
                if call.tool_use_id not in reported:
                    writer.append(EventType.TOOL_CALL, call_event(call.tool_use_id, call.name, call.input))
        except (LostEpoch, RunEnded):
            log("invoke_llm.fenced", level="WARNING")


class _Conversation:
    """What is stored of the run: the turn itself, which an earlier attempt may have `saved`, the one `before`, and the
    `results` of that. All are read at once."""

    def __init__(self, files: TurnFiles, run_id: str, turn: int) -> None:
        self._saved = files.begin(files.turn, run_id, turn)
        self._before = files.begin(files.turn, run_id, turn - 1) if turn > 1 else None
        self._results = files.begin(files.results, run_id, turn - 1) if turn > 1 else None

    @property
    def saved(self) -> SavedTurn | None:
        return self._saved.result()

    @property
    def before(self) -> SavedTurn | None:
        return self._before.result() if self._before else None

    @property
    def results(self) -> list[Any]:
        return (self._results.result() if self._results else None) or []


def _is_call(event: Event) -> bool:
    return event.type is EventType.TOOL_CALL


def _reply(saved: SavedTurn) -> dict[str, Any]:
    if saved.stop_reason != TOOL_USE:
        return _finish(saved.stop_reason)
    calls = [{"tool_use_id": call.tool_use_id, "name": call.name} for call in saved.runnable]
    return {"next": TOOLS, "calls": calls, "reason": ""}


def _finish(reason: str) -> dict[str, Any]:
    return {"next": FINISH, "calls": [], "reason": reason}


def _serve(service: InvokeLLM, payload: Mapping[str, Any], context: LambdaContext) -> Served[dict[str, Any]]:
    run_id, turn, attempt = str(payload["run_id"]), int(payload["turn"]), int(payload.get("attempt") or 0) + 1
    reply = service.invoke(run_id, turn, attempt, context.get_remaining_time_in_millis() / 1000)
    return Served(reply, {"run_id": run_id, "turn": turn, "next": reply["next"], "reason": reply["reason"]})


handler = LambdaFunction[InvokeLLM, dict[str, Any]](
    "invoke_llm", lambda: InvokeLLM.create(ReactEnvironment.read()), _serve, warm_reply={}
)
"""Lambda's entry point: `{"run_id", "turn", "attempt"}`, where attempt counts the state's retries from 0."""
