"""What every span of a run says of its trace, in the names that Langfuse reads (its data model 4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MAX_LABEL_CHARS: Final = 200
"""Of a session, a user and a value of metadata: Langfuse drops longer ones."""

TAG_PREFIX: Final = "run-"

INPUT: Final = "langfuse.observation.input"
"""Of the root span only, as the output is."""
OUTPUT: Final = "langfuse.observation.output"
LEVEL: Final = "langfuse.observation.level"
STATUS_MESSAGE: Final = "langfuse.observation.status_message"
AS_ROOT: Final = "langfuse.internal.as_root"
"""Marks the root span of a trace that another system has begun: its parent never arrives."""

_METADATA: Final = "langfuse.trace.metadata."


def run_tag(run_id: str) -> str:
    """The tag of a run's trace, by which it is found."""
    return f"{TAG_PREFIX}{run_id}"


@dataclass(frozen=True, slots=True)
class RunLabels:
    """Whose run it is, and what its caller calls it."""

    run_id: str
    session_id: str
    user: str
    agent: str
    metadata: Mapping[str, str] = field(default_factory=dict)

    def attributes(self) -> dict[str, str | tuple[str, ...]]:
        """Of every span. Langfuse filters and sums observations, not traces, so each must have them."""
        return {
            "run_id": self.run_id,
            "gen_ai.conversation.id": self.session_id,
            "session.id": self.session_id[:MAX_LABEL_CHARS],
            "user.id": self.user[:MAX_LABEL_CHARS],
            "langfuse.trace.name": self.agent,
            "langfuse.trace.tags": (run_tag(self.run_id),),
            **{f"{_METADATA}{name}": value[:MAX_LABEL_CHARS] for name, value in self.metadata.items()},
        }
