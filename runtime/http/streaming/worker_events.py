"""Executes the events that Lambda delivers to the endpoint's own function: runs, and the timers of questions."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from runtime.environment import WorkerEnvironment
from runtime.http.streaming.invocations import Invocation
from runtime.process.logs import log
from runtime.process.threads import ThreadPool

if TYPE_CHECKING:
    from runtime.engine.runs.worker import Worker


class EventWorker:
    """Executes events, with a worker that is made at the first one: a process that only streams need not import the
    agents."""

    def __init__(self, create: Callable[[], Awaitable["Worker"]]) -> None:
        self._create = create
        self._creating = asyncio.Lock()
        self._worker: Worker | None = None

    @classmethod
    def of(cls, environment: WorkerEnvironment) -> "EventWorker":
        return cls(lambda: _create(environment))

    async def handle(self, body: bytes, invocation: Invocation) -> bool:
        """Execute the event in the body, see Worker.handle. False, with the reason in the log, where the end of the run
        could not be written: then the failure destination must get the event."""
        event: Mapping[str, Any] = {}
        try:
            event = _event(body)
            worker = await self._ready()
            await worker.handle(event, invocation.function_arn, invocation.seconds_left)
        except Exception:
            log("worker.failed", level="ERROR", run_id=event.get("run_id"), exc_info=True)
            return False
        return True

    async def _ready(self) -> "Worker":
        async with self._creating:
            if self._worker is None:
                self._worker = await self._create()
            return self._worker


def _event(body: bytes) -> Mapping[str, Any]:
    event = json.loads(body)
    if not isinstance(event, dict):
        raise TypeError(f"an event is a JSON object, not a {type(event).__name__}")
    return event


async def _create(environment: WorkerEnvironment) -> "Worker":
    def create() -> "tuple[Worker, ThreadPool]":
        from runtime.engine.runs.worker import AGENT_THREADS, Worker  # noqa: PLC0415  see EventWorker

        return Worker.create(environment), ThreadPool(AGENT_THREADS, "longrun-agent")

    worker, agent_threads = await asyncio.to_thread(create)
    asyncio.get_running_loop().set_default_executor(agent_threads)
    return worker
