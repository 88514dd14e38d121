"""The environment of the streaming endpoint, as one frozen object."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from runtime import environment
from runtime.environment import AgentsEnvironment, JournalEnvironment, WorkerEnvironment, listed, required

_ITSELF: Final = "AWS_LAMBDA_FUNCTION_NAME"
"""Lambda sets it."""


@dataclass(frozen=True, slots=True)
class StreamingEnvironment:
    """What the endpoint needs. `worker` is for the runs that it executes; its `callback_url` is empty where the stack
    has no WebSocket. `worker_function` is the function that executes runs: itself, unless another one is named.
    `run_timeout` is as in GatewayEnvironment; a response ends after `response_seconds`. Browsers may use the endpoint
    from pages of the `allowed_origins`; from those of any origin for `*`."""

    worker: WorkerEnvironment
    worker_function: str
    run_timeout: int
    response_seconds: float
    allowed_origins: tuple[str, ...]

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "StreamingEnvironment":
        worker = WorkerEnvironment(
            journal=JournalEnvironment.read(variables),
            callback_url=variables.get(environment.CALLBACK_URL, ""),
            agents=AgentsEnvironment.read(variables),
            deadline_margin=float(required(variables, environment.DEADLINE_MARGIN)),
            question_timeout=float(required(variables, environment.QUESTION_TIMEOUT)),
            timers=json.loads(required(variables, environment.QUESTION_TIMERS)),
        )
        return cls(
            worker=worker,
            worker_function=variables.get(environment.WORKER_FUNCTION) or required(variables, _ITSELF),
            run_timeout=int(required(variables, environment.RUN_TIMEOUT)),
            response_seconds=float(required(variables, environment.RESPONSE_SECONDS)),
            allowed_origins=listed(variables, environment.ALLOWED_ORIGINS),
        )
