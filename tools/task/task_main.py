"""Entry point of a container: `python -m tools.task.task_main` runs one tool call and reports it to the state machine.

This process stays small and runs the tool in another one, so that it reports whatever becomes of that: an error, a
crash, a kill for memory, the end of its time. The result lies in the payload bucket; the state gets its status only.
"""

import json
import signal
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from contract.events import EventType
from runtime.journal import Head, Journal
from runtime.journal.jobs import Job, JobState
from runtime.journal.payloads import PayloadStore, S3Payloads
from runtime.process.logs import capture_libraries, log, run_lines
from runtime.process.task_tokens import TaskTokens
from runtime.tracing.export import Attribute
from runtime.tracing.labels import RunLabels
from runtime.tracing.spans import Span, current_context, traced
from tools.analysis.limits import TOOL_LIMITS
from tools.task.environment import TaskEnvironment, TaskEnvironmentError
from tools.task.failures import (
    TaskStoppedError,
    ToolExitedError,
    ToolFailedError,
    ToolKilledError,
    ToolOutOfMemoryError,
    ToolTimeoutError,
    UnknownJobError,
)
from tools.task.heartbeats import heartbeats
from tools.task.process import OnLine, ToolProcess
from tools.task.progress import Progress

SUCCESS: Final = "success"
ERROR: Final = "error"
_STOPPED: Final = 128 + signal.SIGTERM
_USAGE: Final = 2


class StartTool(Protocol):
    """Starts the process of a tool: ToolProcess.start."""

    def __call__(self, request: dict[str, Any], on_line: OnLine, /) -> ToolProcess: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a call: a text for the model, and the error that ends the state where the tool has no result."""

    status: str
    text: str
    failure: Exception | None = None

    @classmethod
    def failed(cls, failure: Exception) -> "Outcome":
        return cls(ERROR, f"Error: {failure}", failure)


class ToolCall:
    """One call of a tool in this container."""

    def __init__(
        self,
        environment: TaskEnvironment,
        journal: Journal,
        tokens: TaskTokens,
        payloads: PayloadStore,
        start_tool: StartTool = ToolProcess.start,
    ) -> None:
        self._environment = environment
        self._journal = journal
        self._tokens = tokens
        self._payloads = payloads
        self._start_tool = start_tool
        self._process: ToolProcess | None = None
        self._is_stopped = False

    def run(self) -> int:
        """Runs the call and reports it; returns the exit code of the container."""
        run_id, job_id, token = self._environment.run_id, self._environment.job_id, self._environment.token
        with run_lines(run_id):
            job = self._journal.jobs.start(run_id, job_id, token)
            if job is None:
                return self._report_ended(self._journal.jobs.get(run_id, job_id))
            head = self._journal.head(run_id)
            if head.cancel_requested:
                # whoever cancelled it looked for tokens before this one was stored
                return self._report_cancelled(job)
            log("tool_task.started", tool=job.tool, job_id=job_id)
            # The span is exported at the end of the block: the state machine does not wait for it.
            with _traced(head, job) as span:
                return self._work(job, span)

    def stop(self) -> None:
        """ECS stops the task, for example to take back spare capacity: the call ends at once, and is reported."""
        self._is_stopped = True
        if self._process is not None:
            self._process.end("stopped")

    def _work(self, job: Job, span: Span) -> int:
        token = self._environment.token
        outcome = self._outcome(job)
        if outcome is None:
            log("tool_task.over", tool=job.tool, job_id=job.job_id)
            return 0
        self._store(job, outcome)
        error = type(outcome.failure).__name__ if outcome.failure else ""
        log("tool_task.ended", tool=job.tool, job_id=job.job_id, status=outcome.status, error=error)
        span.attributes["gen_ai.tool.status"] = outcome.status
        if outcome.failure is None:
            self._tokens.succeed(token, {"tool_use_id": job.tool_use_id, "status": outcome.status})
            return 0
        span.fail(f"{error}: {outcome.failure}")
        self._tokens.fail(token, outcome.failure)
        return _STOPPED if isinstance(outcome.failure, TaskStoppedError) else 1

    def _report_ended(self, job: Job | None) -> int:
        """Reports a call that an earlier container has ended, whose report may be lost."""
        token = self._environment.token
        if job is None:
            run_id, job_id = self._environment.run_id, self._environment.job_id
            self._tokens.fail(token, UnknownJobError(f"run {run_id} has no job {job_id}; it may have expired"))
            return 1
        status = SUCCESS if job.state is JobState.SUCCEEDED else ERROR
        self._tokens.succeed(token, {"tool_use_id": job.tool_use_id, "status": status})
        return 0

    def _report_cancelled(self, job: Job) -> int:
        log("tool_task.cancelled", tool=job.tool, job_id=job.job_id)
        self._store(job, Outcome(ERROR, "Error: the run was cancelled"))
        self._tokens.succeed(self._environment.token, {"tool_use_id": job.tool_use_id, "status": ERROR})
        return 0

    def _outcome(self, job: Job) -> Outcome | None:
        """Runs the tool; None where nobody waits for it any more."""
        limits = TOOL_LIMITS.get(job.tool)
        if limits is None:
            return Outcome(ERROR, f"Error: there is no tool {job.tool!r}; there are {', '.join(TOOL_LIMITS)}")
        progress = Progress(lambda text: self._append_progress(job, text))
        request = {"run_id": job.run_id, "tool": job.tool, "input": dict(job.input)}
        self._process = process = self._start_tool(request, _printing(progress.add))
        if self._is_stopped:  # before there was a process
            process.end("stopped")
        with heartbeats(
            self._tokens, self._environment.token, self._environment.heartbeat, lambda: process.end("over")
        ):
            code = process.wait(limits.seconds)
            progress.flush()
        return None if process.reason == "over" else _outcome_of(job.tool, limits.seconds, process, code)

    def _append_progress(self, job: Job, text: str) -> None:
        data = {"tool_use_id": job.tool_use_id, "text": text}
        self._journal.append(job.run_id, EventType.TOOL_PROGRESS, data)

    def _store(self, job: Job, outcome: Outcome) -> None:
        result = {"status": outcome.status, "content": [{"text": outcome.text}]}
        body = json.dumps(result, ensure_ascii=False).encode(errors="replace")
        self._payloads.put(job.result_key, body)
        # After the result: whoever sees the job ended finds it.
        state = JobState.SUCCEEDED if outcome.status == SUCCESS else JobState.FAILED
        self._journal.jobs.end(job.run_id, job.job_id, state)


def _traced(head: Head, job: Job) -> AbstractContextManager[Span]:
    """The span of the call, below the function that has dispatched it."""
    attributes: dict[str, Attribute] = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": job.tool,
        "gen_ai.tool.call.id": job.tool_use_id,
    }
    place = current_context(job.traceparent or head.traceparent)
    return traced(f"execute_tool {job.tool}", place, attributes, labels=RunLabels.of(head), service="task")


def _printing(on_line: OnLine) -> OnLine:
    """Also writes each line to the log of the task."""

    def take(line: str) -> None:
        print(line, flush=True)  # noqa: T201  the log
        on_line(line)

    return take


def _outcome_of(tool: str, seconds: int, process: ToolProcess, code: int) -> Outcome:
    """What the end of the tool's process means."""
    answer = process.answer
    if process.reason is None and code == 0 and {"status", "text"} <= answer.keys():
        return Outcome(str(answer["status"]), str(answer["text"]))
    return Outcome.failed(_ended(tool, seconds, process.reason) or _crashed(tool, str(answer.get("failure", "")), code))


def _ended(tool: str, seconds: int, reason: str | None) -> Exception | None:
    """Why this process has ended the tool's, None where it has not."""
    if reason == "stopped":
        return TaskStoppedError(f"ECS stopped the task of the tool {tool} before it had a result; call it again")
    if reason == "late":
        return ToolTimeoutError(
            f"the tool {tool} was stopped after {seconds:,} s, its longest time; use a smaller table"
        )
    return None


def _crashed(tool: str, failure: str, code: int) -> Exception:
    """Why the tool's process has no result, from the error that it has reported and its exit code."""
    if failure == "MemoryError":
        message = f"the tool {tool} needed more memory than its task has; use a smaller table or fewer columns"
        return ToolOutOfMemoryError(message)
    if failure:
        return ToolFailedError(f"the tool {tool} failed with {failure}; the log of its task tells why")
    if code < 0:
        reason = "most likely for memory; use a smaller table" if code == -signal.SIGKILL else "the log tells why"
        return ToolKilledError(f"the process of the tool {tool} was killed by signal {-code}, {reason}")
    return ToolExitedError(
        f"the process of the tool {tool} ended with exit code {code} and no result; the log of its task tells why"
    )


def main() -> int:
    """Returns the exit code: 0 where the tool has a result (an error for the model too), 1 without one, 143 where ECS
    stopped the task, 2 for a container that was not started by a state machine."""
    capture_libraries()
    try:
        environment = TaskEnvironment.read()
    except TaskEnvironmentError as error:
        log("tool_task.not_started", level="ERROR", reason=str(error))
        return _USAGE
    tokens, payloads = TaskTokens(), S3Payloads(environment.journal.payload_bucket)
    call = ToolCall(environment, Journal.create(environment.journal), tokens, payloads)
    signal.signal(signal.SIGTERM, lambda *_: call.stop())
    try:
        return call.run()
    except Exception:
        # Otherwise the state would wait until it misses a heartbeat.
        log("tool_task.failed", level="ERROR", exc_info=True)
        tokens.fail(
            environment.token, ToolFailedError("the task could not run the tool; the log of the task tells why")
        )
        return 1


if __name__ == "__main__":
    sys.exit(main())
