"""A process that has agents: its event loop, clients and orchestrator, kept from one invocation to the next."""

import asyncio
import contextvars
import functools
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from runtime.delivery.connections import Connections, NoConnections
from runtime.delivery.dependencies import Dependencies
from runtime.engine.orchestrator import Orchestrator, OrchestratorSlot
from runtime.environment import AgentsEnvironment
from runtime.journal import Head, Journal
from runtime.process.logs import capture_libraries, log
from runtime.process.threads import ThreadPool, Threads
from runtime.react.environment import ReactEnvironment
from runtime.react.turn_files import TurnFiles
from runtime.tracing.export import PATIENCE
from runtime.tracing.labels import RunLabels
from runtime.tracing.telemetry import Telemetry

R = TypeVar("R")

_SERVICE: Final = "longrun-agent"

_AGENT_THREADS: Final = 64
"""For model streams and tools, which hold one each."""

_POST_THREADS: Final = 16
_JOURNAL_THREADS: Final = 8
_SETUP_THREADS: Final = 8


class AgentsProcess:
    """Its coroutines all run on one event loop: the clients of models and MCP servers end with the loop that they were
    created on. `abandoned` holds the tasks of agents and tools that did not stop."""

    def __init__(
        self,
        dependencies: Dependencies,
        orchestrators: OrchestratorSlot,
        files: TurnFiles,
        telemetry: Telemetry | None = None,
    ) -> None:
        self.dependencies = dependencies
        self.orchestrators = orchestrators
        self.files = files
        self._telemetry = telemetry
        self.abandoned: set[asyncio.Task[None]] = set()
        self._runner = asyncio.Runner()
        self._runner.get_loop().set_default_executor(ThreadPool(_AGENT_THREADS, "longrun-agent"))

    @classmethod
    def create(cls, environment: ReactEnvironment) -> "AgentsProcess":
        capture_libraries()
        # First: Strands takes the process's provider of tracers when its first agent is made.
        telemetry = Telemetry.of_function(_SERVICE)
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
        files = TurnFiles.create(environment.journal.payload_bucket)
        process = cls(dependencies, OrchestratorSlot(build), files, telemetry)
        try:
            # before the first run waits for it
            process.orchestrators.ready()
        except Exception:
            # the run fails with the reason
            log("react.orchestrator_not_ready", level="ERROR", exc_info=True)
        return process

    def run(self, work: Coroutine[Any, Any, R], head: Head) -> R:
        """Await it on the process's event loop. The spans of the agent are below the head's place in a trace, and are
        sent before it returns."""
        if self._telemetry is None:
            return self._runner.run(work)
        try:
            with self._telemetry.inside(head.traceparent, RunLabels.of(head)):
                # The runner has a context of its own, in which spans would have no parent.
                return self._runner.run(work, context=contextvars.copy_context())
        finally:
            if not self._telemetry.flush(PATIENCE):
                log("react.spans_not_sent", level="WARNING", run_id=head.run_id)

    def abandon(self, task: "asyncio.Task[None]") -> None:
        """Let a task that does not stop run on: cancelling it would leave streams and clients open."""
        self.abandoned.add(task)
        task.add_done_callback(self.abandoned.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    def close(self) -> None:
        """End the event loop."""
        self._runner.close()
