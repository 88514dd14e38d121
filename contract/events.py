"""The statuses of a run and the events of its journal."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final


class Status(StrEnum):
    """A run's state. The last four are terminal and final."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    WAITING = "WAITING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMED_OUT = "TIMED_OUT"

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL_STATUSES


TERMINAL_STATUSES = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELLED, Status.TIMED_OUT})


class EventType(StrEnum):
    """What an event reports. Exactly one of the four final events (RUN_SUCCEEDED …) is the last of a journal."""

    RUN_ACCEPTED = "RUN_ACCEPTED"
    AGENT_INVOCATION_STARTED = "AGENT_INVOCATION_STARTED"
    AGENT_INVOCATION_SUCCEEDED = "AGENT_INVOCATION_SUCCEEDED"
    AGENT_INVOCATION_FAILED = "AGENT_INVOCATION_FAILED"
    AGENT_BACKGROUND_TASK_STARTED = "AGENT_BACKGROUND_TASK_STARTED"
    AGENT_BACKGROUND_TASK_COMPLETED = "AGENT_BACKGROUND_TASK_COMPLETED"
    AGENT_BACKGROUND_TASK_FAILED = "AGENT_BACKGROUND_TASK_FAILED"
    TEXT = "TEXT"
    TOOL_CALL = "TOOL_CALL"
    TOOL_PROGRESS = "TOOL_PROGRESS"
    TOOL_RESULT = "TOOL_RESULT"
    QUESTION = "QUESTION"
    ANSWER = "ANSWER"
    MESSAGE = "MESSAGE"
    CANCEL_REQUESTED = "CANCEL_REQUESTED"
    HANDED_OVER = "HANDED_OVER"
    USAGE = "USAGE"
    RUN_SUCCEEDED = "RUN_SUCCEEDED"
    RUN_FAILED = "RUN_FAILED"
    RUN_CANCELLED = "RUN_CANCELLED"
    RUN_TIMED_OUT = "RUN_TIMED_OUT"

    @property
    def ends_run(self) -> bool:
        return self in FINAL_EVENTS


FINAL_EVENTS: Final[Mapping[EventType, Status]] = {
    EventType.RUN_SUCCEEDED: Status.SUCCEEDED,
    EventType.RUN_FAILED: Status.FAILED,
    EventType.RUN_CANCELLED: Status.CANCELLED,
    EventType.RUN_TIMED_OUT: Status.TIMED_OUT,
}
"""The final event of each terminal status."""

RUN_ENDED: Final = "run.ended"
"""The event of the line that the log of a process has for each run that the process ends, with the run's status."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a journal; `seq` counts 1, 2, 3 … without gap, `at` is ISO 8601 in UTC with milliseconds."""

    run_id: str
    seq: int
    type: EventType
    at: str
    data: Mapping[str, Any]

    def to_wire(self) -> dict[str, Any]:
        return {"run_id": self.run_id, "seq": self.seq, "type": self.type.value, "at": self.at, "data": dict(self.data)}

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> "Event":
        return cls(wire["run_id"], int(wire["seq"]), EventType(wire["type"]), wire["at"], wire["data"])


def timestamp(epoch_seconds: float | None = None) -> str:
    """The given or present moment as ISO 8601 in UTC with milliseconds."""
    moment = datetime.fromtimestamp(time.time() if epoch_seconds is None else epoch_seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
