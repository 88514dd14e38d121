"""The model's state of the ReAct workflow: one streamed model call, whose tool calls go to the state machine."""

import time
from collections.abc import Mapping
from typing import Any, Final

from contract.errors import RunError
from contract.events import Event, EventType
from runtime.delivery.turns import TurnDelivery
from runtime.engine.cancellation import CancellationCause, Deadline
from runtime.journal import Head, Journal, LostEpoch, RunEnded, RunWriter
from runtime.process.lambda_function import LambdaContext, LambdaFunction, Served
from runtime.process.logs import log
from runtime.react.agent.agents_process import AgentsProcess
from runtime.react.agent.model_turn import ModelTurn, StoppedTurnError, TurnRequest, call_event
from runtime.react.budget import limit_reached, usage_of_turn
from runtime.react.ending.step_errors import JournalBusy, step_error
from runtime.react.environment import Budget, ReactEnvironment
from runtime.react.replies import CANCELLED, ENDED, FINISH, TIMED_OUT, TOOLS
from runtime.react.steps import claimed_step
from runtime.react.turn_files import TOOL_USE, SavedTurn, TurnFiles
from runtime.tracing.spans import annotate

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

    def invoke(self, run_id: str, turn: int, attempt: int, seconds_left: float, seq: int = 0) -> dict[str, Any]:
        """Make the model call of that turn, or repeat what an earlier attempt at it has stored; the run's subscribers
        are up to date after it. `attempt` counts from 1, `seq` is the number of the newest event that the state
        machine knows of, 0 for none. Raises StepError, whose message is fit for the user."""
        conversation = _Conversation(self.process.files, run_id, turn)
        # an earlier attempt may have written hundreds of events
        known = seq if attempt == 1 else 0
        with claimed_step("invoke-llm", self._journal, self._delivery, run_id, known) as (head, newest):
            return self._invoke(head, newest, conversation, turn, attempt, seconds_left)

    def _invoke(
        self, head: Head, seq: int, conversation: "_Conversation", turn: int, attempt: int, seconds_left: float
    ) -> dict[str, Any]:
        saved, before = conversation.saved, conversation.before
        reason = limit_reached(self._budget, turn, {} if before is None else before.usage)
        if saved is None and reason:
            return _finish(reason)
        if not seq:
            return _finish(ENDED)
        if saved is None:
            if head.cancel_requested:
                return _finish(CANCELLED)
            request = TurnRequest(turn, attempt, before, conversation.results)
            called = self._call(head, seq, request, seconds_left)
            if isinstance(called, str):
                return _finish(called)
            saved, newest = called
        else:
            log("invoke_llm.repeated", level="WARNING", turn=turn)
            newest = self._complete(head, seq, saved)
        annotate({"turn": turn, **usage_of_turn(self._budget, {} if before is None else before.usage, saved.usage)})
        return _reply(saved, newest)

    def _call(self, head: Head, seq: int, request: TurnRequest, seconds_left: float) -> tuple[SavedTurn, int] | str:
        """The turn and the number of the newest event seen, or why it was stopped."""
        seconds = min(seconds_left, head.deadline_at - time.time())
        if seconds <= 0:
            return TIMED_OUT
        try:
            return self.process.run(self._stream(head, seq, request, seconds), head)
        except StoppedTurnError as stopped:
            if stopped.cause is CancellationCause.FENCED:
                return ENDED
            if stopped.cause not in _STOPPED:
                raise JournalBusy("the run could not be recorded; start it again in a few minutes") from stopped
            return _STOPPED[stopped.cause]
        except RunError as problem:
            raise step_error(problem.code, problem.message) from problem

    async def _stream(self, head: Head, seq: int, request: TurnRequest, seconds: float) -> tuple[SavedTurn, int]:
        deadline = Deadline.after(seconds, min(_MARGIN_SECONDS, seconds / 2))
        model_turn = ModelTurn(head, seq, request, self.process, deadline)
        saved = await model_turn.execute()
        return saved, model_turn.seq

    def _complete(self, head: Head, seq: int, saved: SavedTurn) -> int:
        """Report the calls that an earlier attempt stored and did not report; returns the number of the newest event
        seen."""
        events = [] if seq == saved.seq else self._journal.scan(head.run_id, saved.seq)
        reported = {event.data.get("tool_use_id") for event in events if _is_call(event)}
        writer = RunWriter(self._journal, head, seq, is_checked=True)
        try:
            for call in saved.calls:
                if call.tool_use_id not in reported:
                    writer.append(EventType.TOOL_CALL, call_event(call.tool_use_id, call.name, call.input))
        except (LostEpoch, RunEnded):
            log("invoke_llm.fenced", level="WARNING")
        return writer.seq


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


def _reply(saved: SavedTurn, seq: int) -> dict[str, Any]:
    if saved.stop_reason != TOOL_USE:
        return _finish(saved.stop_reason)
    calls = [{"tool_use_id": call.tool_use_id, "name": call.name} for call in saved.runnable]
    return {"next": TOOLS, "calls": calls, "reason": "", "seq": seq}


def _finish(reason: str) -> dict[str, Any]:
    return {"next": FINISH, "calls": [], "reason": reason}


def _serve(service: InvokeLLM, payload: Mapping[str, Any], context: LambdaContext) -> Served[dict[str, Any]]:
    run_id, turn, attempt = str(payload["run_id"]), int(payload["turn"]), int(payload.get("attempt") or 0) + 1
    seconds = context.get_remaining_time_in_millis() / 1000
    reply = service.invoke(run_id, turn, attempt, seconds, int(payload.get("seq") or 0))
    return Served(reply, {"run_id": run_id, "turn": turn, "next": reply["next"], "reason": reply["reason"]})


handler = LambdaFunction[InvokeLLM, dict[str, Any]](
    "invoke_llm", lambda: InvokeLLM.create(ReactEnvironment.read()), _serve, warm_reply={}
)
"""Lambda's entry point: `{"run_id", "turn", "attempt", "seq"?}`, where attempt counts the state's retries from 0."""
