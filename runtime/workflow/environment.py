"""The environment of the functions of a PollingWorkflow, as frozen objects."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from runtime import environment
from runtime.environment import JournalEnvironment, RuntimeAddress, required


@dataclass(frozen=True, slots=True)
class StartHandlerEnvironment:
    """What the start handler needs. `pipelines` maps a name to the agents that work in turn; `run_timeout` is the
    longest that a run may take, in seconds."""

    journal: JournalEnvironment
    pipelines: Mapping[str, tuple[str, ...]]
    default_pipeline: str
    run_timeout: int

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "StartHandlerEnvironment":
        pipelines = json.loads(required(variables, environment.PIPELINES))
        return cls(
            journal=JournalEnvironment.read(variables),
            pipelines={name: tuple(agents) for name, agents in pipelines.items()},
            default_pipeline=required(variables, environment.DEFAULT_PIPELINE),
            run_timeout=int(required(variables, environment.RUN_TIMEOUT)),
        )


@dataclass(frozen=True, slots=True)
class InvokerEnvironment:
    """What the invoker needs: the journal, and which runtime hosts which agent."""

    journal: JournalEnvironment
    runtimes: tuple[RuntimeAddress, ...]

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "InvokerEnvironment":
        return cls(journal=JournalEnvironment.read(variables), runtimes=_runtimes(variables))


@dataclass(frozen=True, slots=True)
class FinalizerEnvironment:
    """What the finalizer needs: the journal, the runtimes whose sessions it stops, and the URL of the subscribers'
    sockets (empty where the stack has no WebSocket)."""

    journal: JournalEnvironment
    runtimes: tuple[RuntimeAddress, ...]
    callback_url: str

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "FinalizerEnvironment":
        return cls(
            journal=JournalEnvironment.read(variables),
            runtimes=_runtimes(variables),
            callback_url=variables.get(environment.CALLBACK_URL, ""),
        )


def _runtimes(variables: Mapping[str, str]) -> tuple[RuntimeAddress, ...]:
    return tuple(
        RuntimeAddress.from_json(given) for given in json.loads(required(variables, environment.AGENT_RUNTIMES))
    )
