"""What a tool call asks the user, as data-query leaves it for send-prompt, whose package has no Strands."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from contract.questions import Question, question_id


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """A question that has been checked, and the interrupt that asks it; `seconds` until its expiry, None for the
    stack's."""

    interrupt_id: str
    text: str
    schema: Mapping[str, Any] | None = None
    default: Any = None
    seconds: float | None = None

    def seconds_open(self, longest: float) -> float:
        """How long it stays open: `longest` seconds, or fewer where it says so."""
        return longest if self.seconds is None else min(self.seconds, longest)

    def question(self, source: str, now: float, longest: float) -> Question:
        """The question of the run; `source` is its own in the run."""
        return Question(question_id(source), self.text, now + self.seconds_open(longest), self.schema, self.default)


@dataclass(frozen=True, slots=True)
class StoredStop:
    """What a call asks at once, and the `state` that its agent needs to go on."""

    questions: tuple[StoredQuestion, ...]
    state: Mapping[str, Any]

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "StoredStop":
        return cls(tuple(StoredQuestion(**given) for given in stored["questions"]), stored["state"])

    def as_json(self) -> dict[str, Any]:
        return {"questions": [asdict(one) for one in self.questions], "state": self.state}


def source_of(run_id: str, job: str, interrupt_id: str) -> str:
    """What asked: by it a repeated step finds its question."""
    return f"{run_id}:{job}:{interrupt_id}"
