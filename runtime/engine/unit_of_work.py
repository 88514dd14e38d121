"""What a worker carries of a run: the whole of it, or one agent's step. All between beginning and end is AgentRun's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from contract.events import EventType
from runtime.delivery.broadcaster import Audience
from runtime.engine.agent_task import AgentTask
from runtime.engine.event_writer import Recorder
from runtime.engine.outcome import Outcome
from runtime.journal import Head

AUDIENCE_SHARE: Final = 0.75
"""Of the time that is left to the worker; the rest is for the log and the return."""


@dataclass(frozen=True, slots=True)
class Closing:
    """What there is to end a part with. `usage` is that of the whole run so far; `figures` tells events of the run,
    characters and times as they are when it is called; `left` the seconds until the worker must be done."""

    outcome: Outcome
    usage: Mapping[str, int]
    recorder: Recorder
    audience: Audience
    figures: Callable[[], Mapping[str, Any]]
    left: Callable[[], float]

    @property
    def is_success(self) -> bool:
        return self.outcome.ending is EventType.RUN_SUCCEEDED

    async def end_run(self) -> Mapping[str, Any]:
        """Write the run's closing event and serve everybody to it; returns what it tells."""
        error = self.outcome.error()
        data = {"stop_reason": self.outcome.stop_reason, **self.figures(), **(error or {})}
        await self.recorder.finish(self.outcome.ending, data, self.usage, error)
        await self.audience.see_out(self.left() * AUDIENCE_SHARE)
        return data


class Part(Protocol):
    """How a part of a run begins and ends."""

    @property
    def timeout(self) -> str:
        """The sentence for an agent whose time was over."""

    def begin(self, recorder: Recorder) -> None:
        """The part is claimed: record its first events."""

    def beat(self) -> None:
        """The worker has given the journal its sign of life, as it does every second."""

    async def brief(self) -> Head:
        """The run as its agent is to see it. Raises RunError with what the user may know."""

    async def keep(self, outcome: Outcome, task: AgentTask, left: float) -> Outcome:
        """Store what the end relies on, within the seconds that are left; the outcome may be another after it."""

    async def end(self, closing: Closing) -> Mapping[str, Any]:
        """Write the part's end; returns what it tells. Raises what Recorder.finish does when that was not possible."""
