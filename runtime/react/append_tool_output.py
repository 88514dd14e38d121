"""The state after the tools: their results go to the journal and the conversation, and the run goes on or ends."""

from collections.abc import Mapping, Sequence
from typing import Any

from contract.errors import ErrorCode, RunError
from contract.events import EventType
from runtime.delivery.turns import TurnDelivery
from runtime.journal import Head, Journal, LostEpoch, RunEnded, RunWriter
from runtime.journal.jobs import JobState
from runtime.process.lambda_function import LambdaFunction, Served
from runtime.process.logs import log
from runtime.react.budget import limit_reached
from runtime.react.environment import Budget, ReactEnvironment
from runtime.react.job_results import JobResults, error_result, result_event, stored_result, task_failure
from runtime.react.replies import CANCELLED, CONTINUE, ENDED, FINISH
from runtime.react.steps import claimed_step, connections
from runtime.react.turn_files import Call, SavedTurn, TurnFiles, job_id

_Content = tuple[Call, str, list[Any]]
"""A call, the status of its result, and that result's blocks."""


class AppendToolOutput:
    """Appends results."""

    def __init__(self, journal: Journal, files: TurnFiles, delivery: TurnDelivery, budget: Budget) -> None:
        self._journal = journal
        self._files = files
        self._results = JobResults(journal.jobs, files)
        self._delivery = delivery
        self._budget = budget

    @classmethod
    def create(cls, environment: ReactEnvironment) -> "AppendToolOutput":
        journal = Journal.create(environment.journal)
        files = TurnFiles.create(environment.journal.payload_bucket)
        return cls(journal, files, TurnDelivery(journal, connections(environment)), environment.budget)

    def append(self, run_id: str, turn: int, results: Sequence[Mapping[str, Any]], seq: int = 0) -> dict[str, Any]:
        """Append the results of that turn's calls, in their order, once; `results` are the items of the state machine,
        `seq` is the number of the newest event that it knows of, which reports one of the calls (0 for none). Replies
        whether the model is called again."""
        items = {str(item.get("tool_use_id")): item for item in results}
        turn_read = self._files.begin(self._files.turn, run_id, turn)
        stored = {
            tool_use_id: self._files.begin(self._results.read, run_id, job_id(turn, tool_use_id))
            for tool_use_id in items
        }
        with claimed_step("append-tool-output", self._journal, self._delivery, run_id, seq) as (head, newest):
            saved = turn_read.result()
            if saved is None:
                raise RunError(ErrorCode.INTERNAL, f"Run {run_id} has no turn {turn}.", run_id)
            contents = []
            for call in saved.calls:
                read = stored.get(call.tool_use_id)
                item = items.get(call.tool_use_id, {})
                contents.append((call, *self._result(run_id, turn, call, item, read.result() if read else None)))
            written = self._report(head, newest, saved, contents) if newest else 0
            if not written:
                log("append_tool_output.fenced", level="WARNING", turn=turn)
                return _finish(ENDED)
            # while the subscribers get the events
            saving = self._files.begin(self._save, run_id, turn, contents)
        saving.result()
        return self._reply(head, saved, written)

    def _save(self, run_id: str, turn: int, contents: list[_Content]) -> None:
        blocks = [
            {"toolResult": {"toolUseId": call.tool_use_id, "status": status, "content": content}}
            for call, status, content in contents
        ]
        self._files.save_results(run_id, turn, [{"role": "user", "content": blocks}])

    def _reply(self, head: Head, saved: SavedTurn, seq: int) -> dict[str, Any]:
        if head.cancel_requested:  # a later request stops the next model call
            return _finish(CANCELLED)
        reason = limit_reached(self._budget, saved.turn + 1, saved.usage)
        return _finish(reason) if reason else {"next": CONTINUE, "reason": "", "seq": seq}

    def _report(self, head: Head, seq: int, saved: SavedTurn, contents: list[_Content]) -> int:
        """Write TOOL_RESULT for each call that has none: an earlier attempt may have written some. The event after the
        report of the last call is free where none did. Returns the number of the newest event seen, 0 where the run has
        ended or is another attempt's."""
        writer = RunWriter(self._journal, head, seq, is_checked=True)
        results = [result_event(call.tool_use_id, status, content) for call, status, content in contents]
        is_after_calls = seq == saved.seq + len(saved.calls)
        try:
            if results and is_after_calls and writer.append_next(EventType.TOOL_RESULT, results[0]):
                del results[0]
            else:
                written = self._journal.scan(head.run_id, saved.seq, complete=())
                reported = {event.data.get("tool_use_id") for event in written if event.type is EventType.TOOL_RESULT}
                results = [result for result in results if result["tool_use_id"] not in reported]
            for result in results:
                writer.append(EventType.TOOL_RESULT, result)
        except (LostEpoch, RunEnded):
            return 0
        return writer.seq

    def _result(
        self, run_id: str, turn: int, call: Call, item: Mapping[str, Any], stored: object
    ) -> tuple[str, list[Any]]:
        """Status and content: what the tool has `stored`, or why it has nothing."""
        if call.refused:
            return stored_result(error_result(call.refused))
        error, cause = str(item.get("error") or ""), str(item.get("cause") or "")
        if stored is None or (error and item.get("status") == "error" and not _is_error(stored)):
            # its process was killed, or nobody waits for it any more
            self._journal.jobs.end(run_id, job_id(turn, call.tool_use_id), JobState.FAILED)
            return stored_result(error_result(task_failure(call.name, error, cause)))
        return stored_result(stored)


def _is_error(stored: object) -> bool:
    """Whether the tool itself has stored why it failed, which says more than the end of its task."""
    return isinstance(stored, Mapping) and stored.get("status") == "error"


def _finish(reason: str) -> dict[str, str]:
    return {"next": FINISH, "reason": reason}


def _serve(service: AppendToolOutput, payload: Mapping[str, Any], _context: object) -> Served[dict[str, Any]]:
    run_id, turn = str(payload["run_id"]), int(payload["turn"])
    reply = service.append(run_id, turn, payload["results"], int(payload.get("seq") or 0))
    return Served(reply, {"run_id": run_id, "turn": turn, **reply})


handler = LambdaFunction[AppendToolOutput, dict[str, Any]](
    "append_tool_output", lambda: AppendToolOutput.create(ReactEnvironment.read()), _serve, warm_reply={}
)
"""Lambda's entry point: `{"run_id", "turn", "results": [{"tool_use_id", "status", "job"?, "error"?, "cause"?}],
"seq"?}`."""
