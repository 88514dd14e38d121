"""What a client receives: events of a run, summaries of runs, and the outcome of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from contract.events import FINAL_EVENTS

STATUS_BY_FINAL_EVENT: Final[Mapping[str, str]] = {event.value: status.value for event, status in FINAL_EVENTS.items()}
"""The final status that each final event sets."""


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
        """An event frame's event. KeyError, TypeError or ValueError if it is malformed."""
        return cls(str(wire["run_id"]), int(wire["seq"]), str(wire["type"]), str(wire["at"]), dict(wire["data"]))

    @property
    def ends_run(self) -> bool:
        return self.type in STATUS_BY_FINAL_EVENT

    @property
    def text(self) -> str:
        """The agent's text in a TEXT event, empty for other types."""
        return str(self.data.get("text", "")) if self.type == "TEXT" else ""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in a list of runs; `created_at` is ISO 8601 in UTC, and a long question is cut."""

    run_id: str
    status: str
    agent: str
    session_id: str
    question: str
    created_at: str
    open_questions: int = 0
    """The questions for whose answers a WAITING run waits."""

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> "RunSummary":
        """A summary from a runs frame. KeyError, TypeError or ValueError if it is malformed."""
        texts = {name: str(wire[name]) for name in cls.__slots__ if name != "open_questions"}
        return cls(**texts, open_questions=int(wire.get("open_questions", 0)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a run, from the events that its handle received: `answer` is their text (of the last agent where
    several agents ran in sequence), `events` their number.

    `data` is the final event's data; `error` has `code` and `error` (a message) if the run did not succeed.
    """

    run_id: str
    session_id: str
    status: str
    answer: str
    events: int
    data: Mapping[str, Any]
    error: Mapping[str, Any] | None
