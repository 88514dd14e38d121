"""Cancellation of a running agent: its causes, its token, and the deadline."""

import asyncio
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from strands import Agent

_CANCEL_GRACE: Final = 10.0
"""Seconds that a cancelled agent has for the tool it is in."""


class CancellationCause(Enum):
    """Why an agent is asked to stop before its end."""

    REQUESTED = auto()
    DEADLINE = auto()
    EVICTED = auto()
    """The platform is ending this process."""
    FENCED = auto()
    """Another worker has the run, or it has ended."""
    UNRECORDED = auto()
    """The journal cannot be written, so no reader would see the work."""


class CancellationToken:
    """Cancels the agent once, for the first cause given. An agent that is attached after it must not start."""

    def __init__(self) -> None:
        self._agent: Agent | None = None
        self._cancelled = asyncio.Event()
        self.cause: CancellationCause | None = None

    @property
    def forbids_questions(self) -> bool:
        """Whether an agent that stops to ask now is not to wait for its answer. At the deadline and in an eviction it
        is: its state is stored, and a later worker continues."""
        return self.cause not in {None, CancellationCause.DEADLINE, CancellationCause.EVICTED}

    def attach(self, agent: Agent) -> None:
        self._agent = agent

    def cancel(self, cause: CancellationCause) -> None:
        if self.cause is not None:
            return
        self.cause = cause
        self._cancelled.set()
        if self._agent is not None:
            # Never by cancelling the task: the model's stream would go on, paid for, and the history would be broken.
            self._agent.cancel()

    async def wait(self) -> None:
        """Wait until the agent is cancelled."""
        await self._cancelled.wait()


@dataclass(frozen=True, slots=True)
class Deadline:
    """Moments on the loop's clock: the agent is cancelled at `stop_at`, the function ends at `limit_at`."""

    stop_at: float
    limit_at: float

    @classmethod
    def after(cls, seconds: float, margin: float) -> "Deadline":
        """For a function that has `seconds` left, the last `margin` of them to end the run in."""
        limit_at = asyncio.get_running_loop().time() + seconds
        return cls(stop_at=limit_at - margin, limit_at=limit_at)

    def grace(self, cause: CancellationCause | None) -> float:
        """Seconds for an agent that was cancelled now. At the deadline that is half of what is left: the other half
        is for the journal and the subscribers."""
        now = asyncio.get_running_loop().time()
        until_deadline_grace = (max(now, self.stop_at) + self.limit_at) / 2 - now
        if cause is CancellationCause.DEADLINE:
            return until_deadline_grace
        return min(_CANCEL_GRACE, until_deadline_grace)

    def left(self) -> float:
        """Seconds until the function's limit."""
        return self.limit_at - asyncio.get_running_loop().time()
