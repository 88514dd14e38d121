"""What every span of a run says of its trace: names of OpenTelemetry's conventions for generative AI, and those that
Langfuse reads (its data model 4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

Label = str | tuple[str, ...]

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

MARK: Final = "longrun.span"
"""The attribute of the spans that `longrun trace` knows: `workflow`, and `root` in a run without one."""
ROOT: Final = "root"

_METADATA: Final = "langfuse.trace.metadata."
_USAGE: Final = "longrun.usage."
COST: Final = "longrun.cost.usd"
"""By the prices that the stack names; none without prices."""


def run_tag(run_id: str) -> str:
    """The tag of a run's trace, by which it is found."""
    return f"{TAG_PREFIX}{run_id}"


def usage_attributes(usage: Mapping[str, int]) -> dict[str, int]:
    """What a run has used, for the span of a run or of a turn: under names of ours, as the model calls below it have
    the same tokens as `gen_ai.usage.*`, and readers add those up."""
    return {f"{_USAGE}{name}": count for name, count in usage.items()}


class LabelledRun(Protocol):
    """What the labels are made of: a run's head."""

    @property
    def run_id(self) -> str: ...

    @property
    def session_id(self) -> str: ...

    @property
    def owner(self) -> str: ...

    @property
    def agent(self) -> str: ...


@dataclass(frozen=True, slots=True)
class RunLabels:
    """Whose run it is, and what its caller calls it. User and agent are empty where they are not known."""

    run_id: str
    session_id: str
    user: str = ""
    agent: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, run: LabelledRun) -> "RunLabels":
        return cls(run.run_id, run.session_id, run.owner, run.agent)

    def attributes(self) -> dict[str, Label]:
        """Of every span. Langfuse filters and sums observations, not traces, so each must have them."""
        known = {"user.id": self.user[:MAX_LABEL_CHARS], "langfuse.trace.name": self.agent}
        return {
            "run_id": self.run_id,
            "gen_ai.conversation.id": self.session_id,
            "session.id": self.session_id[:MAX_LABEL_CHARS],
            **{name: value for name, value in known.items() if value},
            "langfuse.trace.tags": (run_tag(self.run_id),),
            **{f"{_METADATA}{name}": value[:MAX_LABEL_CHARS] for name, value in self.metadata.items()},
        }
