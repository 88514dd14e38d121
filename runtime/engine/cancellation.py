"""Why and how a running agent is stopped, and by when."""

import asyncio
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from strands import Agent

_CANCEL_GRACE: Final = 10.0
"""Seconds that a cancelled agent has for the tool it is in."""


class StopCause(Enum):
    """Why an agent is asked to stop before its end."""

    CANCELLED = auto()
    DEADLINE = auto()
    EVICTED = auto()
    """Whoever runs this process is ending it."""
    FENCED = auto()
    """The run is not ours any more."""
    UNRECORDED = auto()
    """The journal cannot be written, so nothing of it could be shown."""


class StopSwitch:
    """Asks the agent to stop, once, for the first cause given. An agent that comes after its cause must not start."""

    def __init__(self) -> None:
        self._agent: Agent | None = None
        self._thrown = asyncio.Event()
        self.cause: StopCause | None = None

    def attach(self, agent: Agent) -> None:
        self._agent = agent

    def stop(self, cause: StopCause) -> None:
        if self.cause is not None:
            return
        self.cause = cause
        self._thrown.set()
        if self._agent is not None:
            # Never by cancelling the task: the model's stream would go on, paid for, and the history would be broken.
            self._agent.cancel()

    async def wait(self) -> None:
        """Wait until the agent is asked to stop."""
        await self._thrown.wait()


@dataclass(frozen=True, slots=True)
class Deadline:
    """Moments by the loop's clock: the agent is stopped at `stop_at`, the function ends at `limit_at`."""

    stop_at: float
    limit_at: float

    @classmethod
    def after(cls, seconds: float, margin: float) -> "Deadline":
        """For a function that has so many seconds left, the last `margin` of them to end the run in."""
        limit_at = asyncio.get_running_loop().time() + seconds
        return cls(stop_at=limit_at - margin, limit_at=limit_at)

    def grace(self, cause: StopCause | None) -> float:
        """Seconds for an agent that was asked to stop now. At the deadline that is half of what is left: the other half
        is for the journal and the subscribers."""
        now = asyncio.get_running_loop().time()
        until_deadline_grace = (max(now, self.stop_at) + self.limit_at) / 2 - now
        if cause is StopCause.DEADLINE:
            return until_deadline_grace
        return min(_CANCEL_GRACE, until_deadline_grace)

    def left(self) -> float:
        """Seconds until the function's limit."""
        return self.limit_at - asyncio.get_running_loop().time()
