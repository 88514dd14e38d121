"""The events that Lambda delivers to the endpoint's own function: runs to execute, and timers of questions."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request

from runtime.environment import WorkerEnvironment
from runtime.process.logs import log
from runtime.process.threads import ThreadPool

if TYPE_CHECKING:
    from runtime.engine.runs.worker import Worker

LAMBDA_CONTEXT: Final = "x-amzn-lambda-context"
_REQUEST_CONTEXT: Final = "x-amzn-request-context"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Invocation:
    """What Lambda tells about an invocation: the function's ARN, and when it must have ended (seconds since 1970)."""

    function_arn: str
    deadline: float

    @classmethod
    def of(cls, request: Request) -> "Invocation | None":
        """None for a request without Lambda's context, or with a malformed one."""
        try:
            context = json.loads(request.headers.get(LAMBDA_CONTEXT, ""))
            return cls(str(context["invoked_function_arn"]), float(context["deadline"]) / 1000)
        except (ValueError, KeyError, TypeError):
            return None

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.deadline - time.time())


def event_invocation(request: Request) -> Invocation | None:
    """The invocation that a request to the events' path belongs to; None for one from outside.

    The Lambda Web Adapter sets both headers of each request, whatever a client has sent. The context of a request is
    that of its HTTP request; an event that is none has no such header, or null in it.
    """
    if request.client is not None and request.client.host not in _LOOPBACK:
        return None
    if request.headers.get(_REQUEST_CONTEXT, "null").strip() not in {"null", ""}:
        return None
    return Invocation.of(request)


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
            event = json.loads(body)
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


async def _create(environment: WorkerEnvironment) -> "Worker":
    def create() -> "tuple[Worker, ThreadPool]":
        from runtime.engine.runs.worker import AGENT_THREADS, Worker  # noqa: PLC0415  see EventWorker

        return Worker.create(environment), ThreadPool(AGENT_THREADS, "longrun-agent")

    worker, agent_threads = await asyncio.to_thread(create)
    asyncio.get_running_loop().set_default_executor(agent_threads)
    return worker
