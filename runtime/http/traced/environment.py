"""The environment of the traced function, as one frozen object."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from runtime import environment
from runtime.environment import AgentsEnvironment, JournalEnvironment, required


@dataclass(frozen=True, slots=True)
class TracedEnvironment:
    """What the traced function needs. Its agent is the first of `agents`. `authorization` is its URL's: AWS_IAM or
    NONE. `callback_url` and `worker_function` are empty where the stack has no WebSocket: nobody follows a run then,
    and no other run of its session waits for its end."""

    journal: JournalEnvironment
    agents: AgentsEnvironment
    authorization: str
    deadline_margin: float
    callback_url: str = ""
    worker_function: str = ""

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "TracedEnvironment":
        return cls(
            journal=JournalEnvironment.read(variables),
            agents=AgentsEnvironment.read(variables),
            authorization=required(variables, environment.AUTHORIZATION),
            deadline_margin=float(required(variables, environment.DEADLINE_MARGIN)),
            callback_url=variables.get(environment.CALLBACK_URL, ""),
            worker_function=variables.get(environment.WORKER_FUNCTION, ""),
        )
