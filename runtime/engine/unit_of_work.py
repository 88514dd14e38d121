"""The unit of work that a worker executes: a full run or one step. AgentRun does everything between start and end."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from contract.events import EventType
from runtime.delivery.broadcaster import Broadcaster
from runtime.engine.agent_task import AgentTask
from runtime.engine.event_writer import EventWriter
from runtime.engine.outcome import Outcome
from runtime.journal import Head

BROADCAST_SHARE: Final = 0.75
"""Of the time that is left to the worker; the rest is for the log and the return."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What a unit of work ends with. `usage` is that of the whole run so far; `metrics` returns the events of the run,
    characters and times at the moment of the call; `left` returns the seconds until the worker must have returned;
    `hand_off` leaves the subscribers to the worker of the next step."""

    outcome: Outcome
    usage: Mapping[str, int]
    writer: EventWriter
    broadcaster: Broadcaster
    metrics: Callable[[], Mapping[str, Any]]
    left: Callable[[], float]
    hand_off: Callable[[], Awaitable[None]]

    @property
    def is_success(self) -> bool:
        return self.outcome.final_event is EventType.RUN_SUCCEEDED

    async def end_run(self) -> Mapping[str, Any]:
        """Write the run's final event and send everything to all subscribers; returns the event's data for the log,
        without what the agent has answered."""
        error = self.outcome.error()
        data = {"stop_reason": self.outcome.stop_reason, **self.metrics(), **(error or {})}
        await self.writer.finish(self.outcome.final_event, {**data, **self.outcome.details}, self.usage, error)
        await self.broadcaster.finish(self.left() * BROADCAST_SHARE)
        return data


class UnitOfWork(Protocol):
    """How a unit of work starts and ends. `head` is the run's newest."""

    @property
    def timeout_message(self) -> str:
        """The message for an agent that used up its time."""

    @property
    def step_number(self) -> int:
        """The number of a step, 0 for a full run."""

    def start(self, writer: EventWriter) -> None:
        """The unit is claimed: write its first events."""

    def beat(self) -> None:
        """The worker has written its heartbeat to the journal, as it does every second."""

    async def brief(self, head: Head) -> Head:
        """The run as its agent is to see it. Raises RunError with what the user may know."""

    async def store(self, head: Head, outcome: Outcome, task: AgentTask, left: float) -> Outcome:
        """Store what the end relies on, within the `left` seconds; the outcome may change by it."""

    async def pause(self, head: Head, task: AgentTask, left: float) -> None:
        """The agent's state is stored, and its questions will be asked next: prepare for the wait, within the `left`
        seconds. Never raises."""

    async def finish(self, completion: Completion) -> Mapping[str, Any]:
        """Write the end; returns its data. Raises what EventWriter.finish does when that was not possible."""
