"""The agents' host on Bedrock AgentCore: takes a step of a run, answers at once, and works on in the background."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Final

from bedrock_agentcore import BedrockAgentCoreApp, RequestContext
from starlette.exceptions import HTTPException

from contract.errors import RunError
from contract.step_request import Assignment
from runtime.agentcore.step_worker import BackgroundWorker, Workshop
from runtime.environment import HostEnvironment, RuntimeAddress
from runtime.journal import Head
from runtime.logs import capture_libraries, log, run_lines
from runtime.runtime_sessions import SessionStop
from runtime.tracing.telemetry import Telemetry

_AGENT_THREADS: Final = 64
"""For model streams and tools, which hold one each, see Worker."""

_EVICTION_SECONDS: Final = 9.0
"""For steps in progress when the session is ended from outside, to stop their agents and write their ends."""

_FLUSH_SECONDS: Final = 5.0

_ABANDON_SECONDS: Final = 10.0
"""What is not journalled then is told by the workflow, which misses the heartbeat."""

StepTask = Callable[["AgentHost", Assignment], Awaitable[None]]


def end_session(job: Assignment) -> None:
    """Have AgentCore end the session that this process is, and the process with it: one that idles is billed."""
    SessionStop.create().stop(RuntimeAddress(job.runtime_arn, job.endpoint), job.run_id)


class AgentHost:
    """Hosts agents for one process. `workshop` is made in a thread, so that the first answer need not wait for it;
    `end_session` is called, in a thread, behind a step that was its session's last."""

    def __init__(
        self,
        agents: Sequence[str],
        workshop: Callable[[], Workshop],
        telemetry: Telemetry,
        end_session: Callable[[Assignment], None] = end_session,
    ) -> None:
        self._agents = agents
        self._telemetry = telemetry
        self._end_session = end_session
        self._threads = ThreadPoolExecutor(_AGENT_THREADS, "longrun-agent")
        self._worker: Future[BackgroundWorker] = self._threads.submit(lambda: BackgroundWorker(workshop()))
        self._begun: set[tuple[str, int]] = set()
        self._steps: set[asyncio.Task[Head | None]] = set()
        self._tasks: set[asyncio.Future[None]] = set()
        self._is_evicted = False
        self._loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    def create(cls) -> "AgentHost":
        """Raises MissingVariableError."""
        environment = HostEnvironment.read()
        workshop = functools.partial(Workshop.create, environment)
        return cls(environment.agents.agents, workshop, Telemetry.start("agents"))

    def begin(self, payload: object, context: RequestContext, task: StepTask) -> dict[str, str]:
        """The answer to an invocation; `task` is started for it, on the running loop. Raises HTTPException, which
        AgentCore tells the invoker as RuntimeClientError."""
        traceparent = (context.request_headers or {}).get("traceparent", "")
        try:
            job = Assignment.read(payload, context.session_id, traceparent, self._agents)
        except RunError as refusal:
            log("host.refused", level="WARNING", run_id=context.session_id, reason=refusal.message)
            raise HTTPException(400, refusal.message) from refusal
        if (job.run_id, job.step) in self._begun:
            log("host.duplicate", level="WARNING", run_id=job.run_id, step=job.step)
            return {"status": "duplicate"}
        self._begun.add((job.run_id, job.step))
        self._settle_in()
        started = asyncio.ensure_future(task(self, job))
        self._tasks.add(started)  # the loop itself keeps weak references only
        started.add_done_callback(self._tasks.discard)
        return {"status": "started"}

    async def work(self, job: Assignment) -> None:
        """Carry the step, and end the session where nothing more will come to it. Never raises: nobody would hear."""
        await asyncio.sleep(0)  # what a task does before its first pause comes before the answer to the invocation
        with run_lines(job.run_id):
            step = asyncio.create_task(self._carry(job))
            self._steps.add(step)
            step.add_done_callback(self._steps.discard)
            try:
                head = await step
                if head is not None and (head.status.is_terminal or not job.keep_session) and not self._is_evicted:
                    await asyncio.to_thread(self._end_session, job)
            except Exception:
                log("host.step_failed", level="ERROR", agent=job.agent, step=job.step, exc_info=True)

    async def shut_down(self) -> None:
        """The process is being ended: steps in progress are stopped, and end in the journal."""
        if self._loop is not None:
            evicted = asyncio.run_coroutine_threadsafe(self._evict(), self._loop)
            await asyncio.wrap_future(evicted)
        self._threads.shutdown(wait=False)

    async def _carry(self, job: Assignment) -> Head | None:
        worker = await asyncio.wrap_future(self._worker)
        try:
            with self._telemetry.step(job.run_id, job.agent, job.step, job.traceparent) as span:
                head = await worker.carry(job)
                if head is not None and head.error is not None:
                    span.fail(str(head.error["error"]))
                return head
        finally:
            if not await asyncio.to_thread(self._telemetry.flush, _FLUSH_SECONDS):
                log("host.spans_not_sent", level="WARNING")

    async def _evict(self) -> None:
        self._is_evicted = True
        if self._steps:
            log("host.evicted", level="WARNING", steps=len(self._steps))
            worker = await asyncio.wrap_future(self._worker)
            worker.evict(_EVICTION_SECONDS)
            await asyncio.wait(self._steps, timeout=_ABANDON_SECONDS)

    def _settle_in(self) -> None:
        """The loop is the application's own, apart from the one that answers /ping."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.set_default_executor(self._threads)


def create_app(create_host: Callable[[], AgentHost] = AgentHost.create) -> BedrockAgentCoreApp:
    """The application for AgentCore's HTTP protocol. The host is made when the application starts."""
    host = functools.cache(create_host)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        capture_libraries()
        try:
            host()
        except Exception:
            # Said again at every invocation, where the invoker hears it.
            log("host.not_ready", level="ERROR", exc_info=True)
        yield
        if host.cache_info().currsize:
            await host().shut_down()

    app = BedrockAgentCoreApp(lifespan=lifespan)
    app.logger.propagate = False  # it has a handler of its own, and each line would come twice

    @app.async_task
    async def agent_step(host: AgentHost, job: Assignment) -> None:
        await host.work(job)

    @app.entrypoint
    async def invoke(payload: object, context: RequestContext) -> dict[str, str]:
        return host().begin(payload, context, agent_step)

    return app
