"""Ends runs of the workflow, whoever comes first: one final event, the session's conversation, no job left at work."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contract.events import Event, EventType, timestamp
from runtime.delivery.next_runs import NextRuns
from runtime.delivery.turns import TurnDelivery
from runtime.journal import Head, Journal
from runtime.journal.jobs import JobState
from runtime.process.conversation_files import STOPPED_TEXT, ConversationConflictError, ConversationFiles
from runtime.process.logs import log
from runtime.process.task_tokens import TaskTokens
from runtime.react.ending.endings import Ending
from runtime.react.turn_files import TOOL_USE, SavedTurn, TurnFiles

_PAGE = 100
_BREAK = "\n\n"


class RunEnded(Exception):  # noqa: N818  the name of the error with which waiting states and containers end
    """The run has ended: nobody waits for a result."""


class RunCancelled(Exception):  # noqa: N818  as above
    """The run was cancelled."""


@dataclass(slots=True)
class _Said:
    """What the journal has of a run: its tokens, the text after the newest stored turn, the newest turn that has called
    the model, the names of the calls without a result, and the messages that its agent was given, with their numbers.
    """

    usage: dict[str, int] = field(default_factory=dict)
    partial: list[str] = field(default_factory=list)
    turn: int = 0
    open_calls: dict[str, str] = field(default_factory=dict)
    messages: list[tuple[int, str]] = field(default_factory=list)

    def steered_after(self, seq: int) -> list[str]:
        """The texts of the messages after that event."""
        return [text for number, text in self.messages if number > seq]


class RunEnd:
    """Ends runs. Calls block."""

    def __init__(
        self,
        journal: Journal,
        files: TurnFiles,
        conversations: ConversationFiles,
        tokens: TaskTokens,
        delivery: TurnDelivery,
        next_runs: NextRuns | None = None,
    ) -> None:
        """Without `next_runs`, the next run of the session is started by whoever reads it."""
        self._journal = journal
        self._files = files
        self._conversations = conversations
        self._tokens = tokens
        self._delivery = delivery
        self._next_runs = next_runs

    def end(self, head: Head, ending: Ending, saved: SavedTurn | None = None) -> Head:
        """Write the final event, unless the run has ended; returns the head after it. `saved` is the newest turn where
        it is known: then the journal is not read again."""
        if not head.status.is_terminal:
            said = _Said(usage=dict(saved.usage), turn=saved.turn) if saved is not None else self._read(head)
            newest = saved or self._newest(head.run_id, said)
            self._store(head, newest, said, ending)
            data = self._data(head, newest, said, ending)
            self._journal.close(head.run_id, ending.type, data, ending.error, said.usage)
            log("react.ended", ending=ending.type, stop_reason=ending.stop_reason)
        after = self._journal.head(head.run_id)
        if after.status.is_terminal:
            self._stop_jobs(after)
        self._delivery.deliver(head.run_id)
        if after.next_run and self._next_runs is not None:
            self._next_runs.start_after(head.run_id)
        return after

    def _data(self, head: Head, newest: SavedTurn | None, said: _Said, ending: Ending) -> dict[str, Any]:
        """Of the final event: why, what it took, and what was still to be done."""
        _, last = self._journal.latest(head.run_id)
        elapsed = datetime.fromisoformat(timestamp()) - datetime.fromisoformat(head.created_at)
        data: dict[str, Any] = {
            "stop_reason": ending.stop_reason,
            "events": last.seq + 1,
            "turns": said.turn,
            "elapsed_ms": round(elapsed.total_seconds() * 1000, 1),
            **(ending.error or {}),
            **ending.details,
        }
        unfinished = [] if ending.type is EventType.RUN_SUCCEEDED else self._unfinished(newest, said)
        return data | ({"unfinished": unfinished} if unfinished else {})

    def _unfinished(self, newest: SavedTurn | None, said: _Said) -> list[str]:
        """The tools whose results the model has not answered, each once."""
        calls = [call.name for call in newest.calls] if newest is not None and newest.stop_reason == TOOL_USE else []
        return list(dict.fromkeys([*calls, *said.open_calls.values()]))

    def _read(self, head: Head) -> _Said:
        said = _Said()
        for event in self._journal.scan(head.run_id, 0, _PAGE):
            _add(said, event)
        return said

    def _newest(self, run_id: str, said: _Said) -> SavedTurn | None:
        """The newest stored turn; the model may have been called again without storing its answer."""
        for turn in (said.turn + 1, said.turn, said.turn - 1):
            saved = self._files.turn(run_id, turn) if turn > 0 else None
            if saved is not None:
                said.turn = max(said.turn, saved.turn)
                return saved
        return None

    def _store(self, head: Head, newest: SavedTurn | None, said: _Said, ending: Ending) -> None:
        """Store the session's conversation, before the final event: the next question may come right after it. It has
        what was said, however the run ends; a run whose model has not answered leaves none."""
        partial = "".join(said.partial)
        try:
            if newest is not None:
                messages = self._conversation(head.run_id, newest, said)
                self._conversations.write(head.owner, head.session_id, messages, newest.version, head.run_id)
            elif partial.strip() or ending.type is not EventType.RUN_FAILED:
                question = _BREAK.join([head.question, *said.steered_after(0)])
                self._conversations.add_lost(head.owner, head.session_id, head.run_id, (question, partial))
        except ConversationConflictError:
            log("react.session_not_saved", level="WARNING", reason="another run, or an earlier attempt, has stored it")
        except Exception:
            log("react.session_not_saved", level="ERROR", exc_info=True)

    def _conversation(self, run_id: str, newest: SavedTurn, said: _Said) -> Sequence[Any]:
        """The messages up to the end. Calls without results get theirs when the conversation is read."""
        if newest.stop_reason != TOOL_USE:
            return newest.messages
        results = self._files.results(run_id, newest.turn) or []
        if not results:
            return newest.messages
        partial, steered = "".join(said.partial), said.steered_after(newest.steered)
        *before, last = results
        asked = {**last, "content": [*last["content"], *({"text": text} for text in steered)]}
        answer = {"role": "assistant", "content": [{"text": partial if partial.strip() else STOPPED_TEXT}]}
        return [*newest.messages, *before, asked, answer]

    def _stop_jobs(self, head: Head) -> None:
        """End the containers that work for a run that has ended: their heartbeats are rejected from now on."""
        reason: Exception = RunEnded(f"Run {head.run_id} has ended as {head.status.value}.")
        if head.cancel_requested:
            reason = RunCancelled(f"Run {head.run_id} was cancelled.")
        for job in self._journal.jobs.running(head.run_id):
            if job.token:
                try:
                    self._tokens.fail(job.token, reason)
                except Exception:
                    log("react.job_not_stopped", level="WARNING", job=job.job_id, exc_info=True)
                    continue
            self._journal.jobs.end(head.run_id, job.job_id, JobState.FAILED)


def _add(said: _Said, event: Event) -> None:
    data = event.data
    if event.type is EventType.TEXT:
        said.partial.append(str(data.get("text", "")))
    elif event.type is EventType.TOOL_CALL:
        said.partial.clear()
        said.open_calls[str(data.get("tool_use_id"))] = str(data.get("name"))
    elif event.type is EventType.TOOL_RESULT:
        said.open_calls.pop(str(data.get("tool_use_id")), None)
    elif event.type is EventType.MESSAGE:
        said.messages.append((event.seq, str(data.get("text", ""))))
    elif event.type is EventType.USAGE and "model_calls" in data:
        said.turn = max(said.turn, int(data.get("turn", 0)))
        for name, count in data.items():
            if name != "turn" and isinstance(count, int):
                said.usage[name] = said.usage.get(name, 0) + count
