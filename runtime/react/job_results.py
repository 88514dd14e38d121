"""The results of jobs, as tools leave them and as models read them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from runtime.journal.jobs import RESULT_BYTES, Jobs, JobState, result_key
from runtime.process.causes import message_of
from runtime.react.replies import ERROR, SUCCESS
from runtime.react.turn_files import TurnFiles, json_body

MAX_RESULT_CHARS: Final = 1_000_000
"""Of a tool's result in the journal: the model gets all of it, and a replay reads a hundred events at once."""

_KILLED: Final = (
    ("TaskTimedOut", "it did not end in its time, or sent no heartbeat"),
    ("States.Timeout", "it did not end in its time"),
    ("States.HeartbeatTimeout", "it sent no heartbeat any more: its process was killed or hangs"),
    ("Sandbox.Timedout", "its function reached its time limit"),
    ("Runtime.ExitError", "the process of its function ended before it returned"),
    ("Runtime.OutOfMemory", "the process of its function ran out of memory"),
    ("States.TaskFailed", "its task failed"),
    ("RunCancelled", "the run was cancelled"),
)
"""What the errors of states mean, by their names."""


class JobResults:
    """Records the results of jobs, small ones with the job and others in the bucket, and reads them."""

    def __init__(self, jobs: Jobs, files: TurnFiles) -> None:
        self._jobs = jobs
        self._files = files

    def end(self, run_id: str, job_id: str, result: Mapping[str, Any]) -> str:
        """End the job with that result, unless it has ended; returns the result's status."""
        status = str(result["status"])
        state = JobState.SUCCEEDED if status == SUCCESS else JobState.FAILED
        body = json_body(result)
        if len(body) <= RESULT_BYTES:
            self._jobs.end(run_id, job_id, state, body.decode())
        else:
            self._files.write(result_key(run_id, job_id), result)
            self._jobs.end(run_id, job_id, state)
        return status

    def read(self, run_id: str, job_id: str) -> Any:  # noqa: ANN401  any JSON
        """The stored result, None for none."""
        job = self._jobs.get(run_id, job_id)
        if job is None:
            return None
        return json.loads(job.result) if job.result else self._files.read(job.result_key)


def error_result(message: str) -> dict[str, Any]:
    """The stored result of a call that failed."""
    return {"status": ERROR, "content": [{"text": f"Error: {message}"}]}


def task_failure(tool: str, error: str, cause: str) -> str:
    """Why a tool has no result, for the model and the user: in words, with the exit code or message that is known."""
    meaning = next((words for name, words in _KILLED if name == error or error.endswith(f".{name}")), "")
    told = message_of(cause).strip()
    reason = meaning or error or "for an unknown reason"
    details = f" ({told})" if told and told != reason else ""
    return f"The tool {tool} failed: {reason}{details}."


def stored_result(stored: object) -> tuple[str, list[Any]]:
    """Status and content blocks of a stored result: Strands' form, or any other JSON value as text."""
    if isinstance(stored, Mapping) and isinstance(stored.get("content"), list):
        status = SUCCESS if stored.get("status") == SUCCESS else ERROR
        return status, stored["content"]
    text = stored if isinstance(stored, str) else json.dumps(stored, ensure_ascii=False)
    return SUCCESS, [{"text": text}]


def result_event(tool_use_id: str, status: str, content: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The data of TOOL_RESULT."""
    text = "\n".join(_as_text(block) for block in content)
    data = {"tool_use_id": tool_use_id, "status": status, "content": text[:MAX_RESULT_CHARS]}
    return data | ({"truncated": True} if len(text) > MAX_RESULT_CHARS else {})


def _as_text(block: Mapping[str, Any]) -> str:
    if "text" in block:
        return str(block["text"])
    if "json" in block:
        return json.dumps(block["json"], ensure_ascii=False)
    return f"[{', '.join(block)}]"
