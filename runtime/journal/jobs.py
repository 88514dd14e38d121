"""The jobs of a run: tool calls that run in a process of their own, a container or a function."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from runtime.journal.event_log import INLINE_BYTES, unknown_run
from runtime.journal.head import Head, head_from
from runtime.journal.items import DAY_SECONDS, EXPIRY, PARTITION_KEY, Item, head_key, job_key
from runtime.journal.payloads import PayloadStore
from runtime.journal.table import ConditionFailed, Put, Table, Update

_MOST: Final = 2_100
"""Jobs of one run that are read: 200 turns with ten calls each, and some that were repeated."""


RESULT_BYTES: Final = 8 * 1_024
"""Of results that the job itself records: larger ones cost more in the table than in the bucket."""


class JobState(StrEnum):
    """PREPARED: recorded, nothing works on it; RUNNING: a process has it; the others are final."""

    PREPARED = "PREPARED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        return self in {JobState.SUCCEEDED, JobState.FAILED}


@dataclass(frozen=True, slots=True)
class Job:
    """A tool call: the tool's name, the call's id, its input (a JSON object), and the key in the payload bucket where
    its result goes unless the job itself has it (`result`, as JSON, empty for none). `token` is that of the state which
    waits for it, `task` what works on it (an ECS task's ARN), both empty for none. Unless it has `asked`, its tool has
    asked the user nothing. `traceparent` is the place of the call in the run's trace, empty for none."""

    run_id: str
    job_id: str
    tool: str
    tool_use_id: str
    state: JobState
    input: Mapping[str, Any]
    result_key: str
    token: str = ""
    task: str = ""
    asked: bool = False
    result: str = ""
    traceparent: str = ""


def result_key(run_id: str, job_id: str) -> str:
    """Where the result of a job goes, in the payload bucket."""
    return f"{_folder(run_id, job_id)}/result.json"


def _folder(run_id: str, job_id: str) -> str:
    return f"runs/{run_id}/jobs/{job_id}"


class Jobs:
    """Records the jobs of all runs."""

    def __init__(self, table: Table, payloads: PayloadStore, retention_days: int, clock: Callable[[], float]) -> None:
        self._table = table
        self._payloads = payloads
        self._retention_seconds = retention_days * DAY_SECONDS
        self._clock = clock

    def prepare(
        self,
        run_id: str,
        job_id: str,
        tool: str,
        tool_use_id: str,
        tool_input: Mapping[str, Any],
        traceparent: str = "",
    ) -> Job:
        """Record a job, once: with an id that is known the recorded job is returned. Job ids have letters, digits, `.`,
        `_` and `-`."""
        place = result_key(run_id, job_id)
        job = Job(run_id, job_id, tool, tool_use_id, JobState.PREPARED, tool_input, place, traceparent=traceparent)
        body = json.dumps(tool_input, ensure_ascii=False).encode(errors="replace")
        content: dict[str, Any] = {"input": body.decode()}
        if len(body) > INLINE_BYTES:
            content = {"input_key": f"{_folder(run_id, job_id)}/input.json"}
            self._payloads.put(content["input_key"], body)
        item = {
            **job_key(run_id, job_id),
            "run_id": run_id,
            "job_id": job_id,
            "tool": tool,
            "tool_use_id": tool_use_id,
            "state": job.state.value,
            "result_key": job.result_key,
            "token": "",
            "task": "",
            "asked": job.asked,
            "traceparent": traceparent,
            EXPIRY: int(self._clock()) + self._retention_seconds,
            **content,
        }
        try:
            self._table.put(Put(item))
        except ConditionFailed:
            return self.get(run_id, job_id) or job
        return job

    def get(self, run_id: str, job_id: str) -> Job | None:
        item = self._table.get(job_key(run_id, job_id))
        return None if item is None else self._job(item)

    def get_with_head(self, run_id: str, job_id: str) -> tuple[Head, Job | None]:
        """The job, None where it is unknown, and the run's head, in one read. Raises RunError UNKNOWN_RUN."""
        head, item = self._table.get_all([head_key(run_id), job_key(run_id, job_id)])
        if head is None:
            raise unknown_run(run_id)
        return head_from(head), None if item is None else self._job(item)

    def start(self, run_id: str, job_id: str, token: str, task: str = "") -> Job | None:
        """A process takes the job; returns it, None where it is unknown or has ended. A second process may take it: the
        state's newest token counts, and the earlier process learns from its heartbeat that it has none any more."""
        change = Update(
            job_key(run_id, job_id),
            "SET #state = :running, #token = :token, #task = :task",
            "#state IN (:prepared, :running)",
            {":running": JobState.RUNNING.value, ":prepared": JobState.PREPARED.value, ":token": token, ":task": task},
        )
        try:
            return self._job(self._table.update(change))
        except ConditionFailed:
            return None

    def record_asked(self, run_id: str, job_id: str) -> None:
        """Record that its tool asks the user, after what it asks is stored."""
        change = Update(
            job_key(run_id, job_id), "SET #asked = :asked", f"attribute_exists(#{PARTITION_KEY})", {":asked": True}
        )
        with suppress(ConditionFailed):
            self._table.update(change)

    def end(self, run_id: str, job_id: str, state: JobState, result: str = "") -> bool:
        """Record the end; False where it has ended already. A result of at most RESULT_BYTES may be recorded with it, a
        larger one is stored before."""
        ends = {":end": state.value, ":prepared": JobState.PREPARED.value, ":running": JobState.RUNNING.value}
        change = Update(
            job_key(run_id, job_id),
            "SET #state = :end" + (", #result = :result" if result else ""),
            "#state IN (:prepared, :running)",
            ends | ({":result": result} if result else {}),
        )
        try:
            self._table.update(change)
        except ConditionFailed:
            return False
        return True

    def running(self, run_id: str) -> list[Job]:
        """The jobs at work."""
        first, last = job_key(run_id, ""), job_key(run_id, "~")
        items = self._table.query(first["pk"], first["sk"], last["sk"], _MOST)
        return [self._job(item) for item in items if item["state"] == JobState.RUNNING.value]

    def _job(self, item: Item) -> Job:
        text = item["input"] if "input" in item else self._payloads.get(item["input_key"])
        return Job(
            run_id=item["run_id"],
            job_id=item["job_id"],
            tool=item["tool"],
            tool_use_id=item["tool_use_id"],
            state=JobState(item["state"]),
            input=json.loads(text),
            result_key=item["result_key"],
            token=item["token"],
            task=item["task"],
            asked=item.get("asked", True),  # earlier versions do not record it
            result=item.get("result", ""),
            traceparent=item.get("traceparent", ""),
        )
