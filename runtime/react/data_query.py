"""The state of tools that run in this function: one tool of the agent, in a process that has the agent."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from contract.errors import ErrorCode, RunError
from contract.questions import QuestionState, question_id
from runtime.journal import Head, Journal
from runtime.journal.jobs import JobState
from runtime.process.lambda_function import LambdaContext, LambdaFunction, Served
from runtime.react.agent.agents_process import AgentsProcess
from runtime.react.agent.tool_call import ToolCall, ToolOutcome
from runtime.react.environment import ReactEnvironment
from runtime.react.job_results import JobResults, error_result
from runtime.react.replies import ERROR, QUESTION, SUCCESS
from runtime.react.steps import job_step
from runtime.react.stored_questions import StoredStop, source_of
from runtime.react.turn_files import asked_key

_MARGIN_SECONDS: Final = 15.0
"""Before the function's limit: for the result, and the return."""


class DataQuery:
    """Runs tools."""

    def __init__(self, process: AgentsProcess, clock: Callable[[], float] = time.time) -> None:
        self.process = process
        self._journal: Journal = process.dependencies.journal
        self._results = JobResults(self._journal.jobs, process.files)
        self._longest = process.dependencies.question_seconds
        self._clock = clock

    @classmethod
    def create(cls, environment: ReactEnvironment) -> "DataQuery":
        return cls(AgentsProcess.create(environment))

    def run(self, run_id: str, turn: int, tool_use_id: str, job: str, seconds_left: float) -> dict[str, Any]:
        """Run the tool of that call, whose result is stored with its job, or repeat what an earlier attempt at it has
        stored. `status` is QUESTION where the tool asks the user, and will be called again with the answer; `seconds`
        is then how long the first of its questions stays open."""
        files = self.process.files
        turn_read = files.begin(files.turn, run_id, turn)
        with job_step("data-query", self._journal, run_id, job) as (head, known):
            saved = turn_read.result()
            call = None if saved is None else saved.call(tool_use_id)
            if known is None or saved is None or call is None:
                raise RunError(ErrorCode.INTERNAL, f"Run {run_id} has no job {job} of turn {turn}.", run_id)
            if known.state.is_final:
                return _reply(tool_use_id, SUCCESS if known.state is JobState.SUCCEEDED else ERROR)
            seconds = seconds_left - min(_MARGIN_SECONDS, seconds_left / 2)
            if head.cancel_requested:
                outcome = ToolOutcome(error_result("the run was cancelled"))
            else:
                stored = files.read(asked_key(run_id, job)) if known.asked else None
                stop = None if stored is None else StoredStop.read(stored)
                responses = None if stop is None else self._responses(run_id, job, stop)
                if stop is not None and responses is None:
                    return _reply(tool_use_id, QUESTION) | {"seconds": self._seconds(run_id, job, stop)}
                state = None if stop is None else stop.state
                task = ToolCall(self.process, saved, call, state, responses)
                outcome = self.process.run(task.execute(head, seconds), head)
            reply = _reply(tool_use_id, self._store(head, job, outcome))
            if outcome.stop is not None:
                reply |= {"seconds": self._seconds(run_id, job, outcome.stop)}
            return reply

    def _store(self, head: Head, job: str, outcome: ToolOutcome) -> str:
        if outcome.stop is not None:
            self.process.files.write(asked_key(head.run_id, job), outcome.stop.as_json())
            self._journal.jobs.record_asked(head.run_id, job)
            return QUESTION
        return self._results.end(head.run_id, job, outcome.result)

    def _responses(self, run_id: str, job: str, stop: StoredStop) -> dict[str, object] | None:
        """The answers by the interrupts' ids; None where one is missing."""
        responses: dict[str, object] = {}
        for asked in stop.questions:
            known = question_id(source_of(run_id, job, asked.interrupt_id))
            question = self._journal.questions.get(run_id, known)
            if question is None or question.state is not QuestionState.ANSWERED:
                return None
            responses[asked.interrupt_id] = question.answer
        return responses

    def _seconds(self, run_id: str, job: str, stop: StoredStop) -> int:
        """Until the first of the call's questions expires: at least 1."""
        left: list[float] = [self._longest]
        for asked in stop.questions:
            known = self._journal.questions.get(run_id, question_id(source_of(run_id, job, asked.interrupt_id)))
            if known is None:
                left.append(asked.seconds_open(self._longest))
            elif known.is_open:
                left.append(known.question.expires_at - self._clock())
        return max(1, math.ceil(min(left)))


def _reply(tool_use_id: str, status: str) -> dict[str, Any]:
    return {"tool_use_id": tool_use_id, "status": status}


def _serve(service: DataQuery, payload: Mapping[str, Any], context: LambdaContext) -> Served[dict[str, Any]]:
    run_id, turn, call = str(payload["run_id"]), int(payload["turn"]), payload["call"]
    seconds = context.get_remaining_time_in_millis() / 1000
    reply = service.run(run_id, turn, str(call["tool_use_id"]), str(payload["job"]), seconds)
    fields = {"run_id": run_id, "turn": turn, "tool": call.get("name"), "status": reply["status"]}
    return Served(reply, fields)


handler = LambdaFunction[DataQuery, dict[str, Any]](
    "data_query", lambda: DataQuery.create(ReactEnvironment.read()), _serve, warm_reply={}
)
"""Lambda's entry point: `{"run_id", "turn", "call": {"tool_use_id", "name"}, "job"}`."""
