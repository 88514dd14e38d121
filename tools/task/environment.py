"""What the container of a tool call gets: its job and token by the overrides of RunTask, the rest by its definition."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contract.react_steps import JOB, RUN_ID, TASK_TOKEN
from runtime.environment import JournalEnvironment

HEARTBEAT_SECONDS: Final = "LONGRUN_HEARTBEAT_SECONDS"
"""Seconds for which the state that runs the task waits for a heartbeat."""

DEFAULT_HEARTBEAT_SECONDS = 30.0
_BEATS_PER_LIMIT = 3
"""Two may get lost before the state gives up the task."""


class TaskEnvironmentError(ValueError):
    """A variable that a task needs is missing; the message names it and who sets it."""


@dataclass(frozen=True, slots=True)
class TaskEnvironment:
    """`heartbeat` is the pause between two heartbeats, in seconds."""

    journal: JournalEnvironment
    run_id: str
    job_id: str
    token: str
    heartbeat: float

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "TaskEnvironment":
        """Raises TaskEnvironmentError, or KeyError's kin for the variables of the task definition."""
        given = {}
        for name in (RUN_ID, JOB, TASK_TOKEN):
            if not variables.get(name):
                raise TaskEnvironmentError(
                    f"the environment variable {name} is not set; the state machine that runs the task sets it in "
                    "Overrides.ContainerOverrides[].Environment"
                )
            given[name] = variables[name]
        limit = float(variables.get(HEARTBEAT_SECONDS) or DEFAULT_HEARTBEAT_SECONDS)
        return cls(
            journal=JournalEnvironment.read(variables),
            run_id=given[RUN_ID],
            job_id=given[JOB],
            token=given[TASK_TOKEN],
            heartbeat=limit / _BEATS_PER_LIMIT,
        )
