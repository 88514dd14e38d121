"""A process that has agents: its event loop, clients and orchestrator, kept from one invocation to the next."""

import asyncio
import functools
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from runtime.delivery.connections import Connections, NoConnections
from runtime.delivery.dependencies import Dependencies
from runtime.engine.orchestrator import Orchestrator, OrchestratorSlot
from runtime.environment import AgentsEnvironment
from runtime.journal import Journal
from runtime.process.logs import capture_libraries, log
from runtime.process.threads import ThreadPool, Threads
from runtime.react.environment import ReactEnvironment
from runtime.react.turn_files import TurnFiles

R = TypeVar("R")

_AGENT_THREADS: Final = 64
"""For model streams and tools, which hold one each."""

_POST_THREADS: Final = 16
_JOURNAL_THREADS: Final = 8
_SETUP_THREADS: Final = 8


class AgentsProcess:
    """Its coroutines all run on one event loop: the clients of models and MCP servers end with the loop that they were
    created on. `abandoned` holds the tasks of agents and tools that did not stop."""

    def __init__(self, dependencies: Dependencies, orchestrators: OrchestratorSlot, files: TurnFiles) -> None:
        self.dependencies = dependencies
        self.orchestrators = orchestrators
        self.files = files
        self.abandoned: set[asyncio.Task[None]] = set()
        self._runner = asyncio.Runner()
        self._runner.get_loop().set_default_executor(ThreadPool(_AGENT_THREADS, "longrun-agent"))

    @classmethod
    def create(cls, environment: ReactEnvironment) -> "AgentsProcess":
        capture_libraries()
        agents = AgentsEnvironment.read()
        url = environment.callback_url
        dependencies = Dependencies(
            journal=Journal.create(environment.journal),
            connections=Connections.create(url, _POST_THREADS) if url else NoConnections(),
            journal_threads=Threads("journal", _JOURNAL_THREADS),
            post_threads=Threads("post", _POST_THREADS),
            question_seconds=environment.question_timeout,
        )
        build = functools.partial(Orchestrator.create, agents, Threads("setup", _SETUP_THREADS))
        process = cls(dependencies, OrchestratorSlot(build), TurnFiles.create(environment.journal.payload_bucket))
        try:
            # before the first run waits for it
            process.orchestrators.ready()
        except Exception:
            # the run fails with the reason
            log("react.orchestrator_not_ready", level="ERROR", exc_info=True)
        return process

    def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Await it on the process's event loop."""
        return self._runner.run(work)

    def abandon(self, task: "asyncio.Task[None]") -> None:
        """Let a task that does not stop run on: cancelling it would leave streams and clients open."""
        self.abandoned.add(task)
        task.add_done_callback(self.abandoned.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    def close(self) -> None:
        """End the event loop."""
        self._runner.close()
