"""What a client receives: events of a run, summaries of runs, and how a run came out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

STATUS_BY_ENDING: Final[Mapping[str, str]] = {
    "RUN_SUCCEEDED": "SUCCEEDED",
    "RUN_FAILED": "FAILED",
    "RUN_CANCELLED": "CANCELLED",
    "RUN_TIMED_OUT": "TIMED_OUT",
}
"""The final status that each closing event brings."""


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One entry of a run's journal. `seq` counts 1, 2, 3 …, `at` is ISO 8601 in UTC, `data` depends on the type."""

    run_id: str
    seq: int
    type: str
    at: str
    data: Mapping[str, Any]

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> "RunEvent":
        """KeyError, TypeError or ValueError for what is not an event."""
        return cls(str(wire["run_id"]), int(wire["seq"]), str(wire["type"]), str(wire["at"]), dict(wire["data"]))

    @property
    def ends_run(self) -> bool:
        return self.type in STATUS_BY_ENDING

    @property
    def text(self) -> str:
        """The agent's words in a TEXT event, else nothing."""
        return str(self.data.get("text", "")) if self.type == "TEXT" else ""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run as a list shows it; `created_at` is ISO 8601 in UTC, a long question is cut."""

    run_id: str
    status: str
    agent: str
    session_id: str
    question: str
    created_at: str

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> "RunSummary":
        """KeyError or TypeError for what is not a summary."""
        return cls(**{name: str(wire[name]) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run came out, from the events that its handle saw: `answer` is their text (of the last agent where several
    worked in turn), `events` their number.

    `figures` is the closing event's data; `error` has `code` and `error` (a sentence) where the run did not succeed.
    """

    run_id: str
    session_id: str
    status: str
    answer: str
    events: int
    figures: Mapping[str, Any]
    error: Mapping[str, Any] | None
