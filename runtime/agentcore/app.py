"""The AgentCore app: it accepts a step of a run, responds at once, and works in the
background."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Final

from bedrock_agentcore import BedrockAgentCoreApp, RequestContext
from starlette.exceptions import HTTPException

from contract.errors import RunError
from contract.step_request import SESSION_ENDS, StepRequest
from runtime.agentcore.step_worker import StepDependencies, StepWorker, is_over
from runtime.environment import AgentRuntimeEnvironment, RuntimeAddress
from runtime.journal import Head
from runtime.process.logs import capture_libraries, log, run_lines
from runtime.process.runtime_sessions import RuntimeSessions
from runtime.process.threads import ThreadPool
from runtime.tracing.telemetry import Telemetry

_AGENT_THREADS: Final = 64
"""For model streams and tools, which hold one each, see Worker."""

_EVICTION_SECONDS: Final = 9.0
"""For steps in progress when the session is ended from outside, to cancel their agents and write their ends."""

_FLUSH_SECONDS: Final = 5.0

_ABANDON_SECONDS: Final = 10.0
"""What is not journalled by then ends by the workflow, which misses the heartbeat."""

StepTask = Callable[["AgentApp", StepRequest], Awaitable[None]]


def end_session(step: StepRequest) -> bool:
    """Have AgentCore end the session of this process, and the process with it: idle sessions are billed. False where
    that is not known to have worked."""
    outcome = RuntimeSessions.create().stop(RuntimeAddress(step.runtime_arn, step.endpoint), step.run_id)
    return outcome != "unknown"


class AgentApp:
    """Serves the agents of one process. `dependencies` is called in a thread, so that the first response need not wait
    for it; `end_session` is called, in a thread, after a step that was its session's last."""

    def __init__(
        self,
        agents: Sequence[str],
        dependencies: Callable[[], StepDependencies],
        telemetry: Telemetry,
        end_session: Callable[[StepRequest], bool] = end_session,
    ) -> None:
        self._agents = agents
        self._telemetry = telemetry
        self._end_session = end_session
        self._threads = ThreadPool(_AGENT_THREADS, "longrun-agent")
        self._worker: Future[StepWorker] = self._threads.submit(lambda: StepWorker(dependencies()))
        self._started: set[tuple[str, int]] = set()
        self._repeated: dict[tuple[str, int], StepRequest] = {}
        self._is_ending = False
        self._steps: set[asyncio.Task[Head | None]] = set()
        self._tasks: set[asyncio.Future[None]] = set()
        self._is_evicted = False
        self._loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    def create(cls) -> "AgentApp":
        """Raises MissingVariableError."""
        environment = AgentRuntimeEnvironment.read()
        dependencies = functools.partial(StepDependencies.create, environment)
        return cls(environment.agents.agents, dependencies, Telemetry.start("agents"))

    def start(self, payload: object, context: RequestContext, task: StepTask) -> dict[str, str]:
        """The response to an invocation; `task` is started for it, on the running loop. Raises HTTPException, which
        AgentCore reports to the invoker as RuntimeClientError."""
        traceparent = (context.request_headers or {}).get("traceparent", "")
        try:
            step = StepRequest.from_invocation(payload, context.session_id, traceparent, self._agents)
        except RunError as problem:
            log("agents.rejected", level="WARNING", run_id=context.session_id, reason=problem.message)
            raise HTTPException(400, problem.message) from problem
        if self._is_ending:
            log("agents.ending", level="WARNING", run_id=step.run_id, step=step.step)
            return {"status": SESSION_ENDS}
        if (step.run_id, step.step) in self._started:
            log("agents.duplicate", level="WARNING", run_id=step.run_id, step=step.step)
            # Perhaps no duplicate: a step that stops for answers may get them before it has ended.
            self._repeated[step.run_id, step.step] = step
            return {"status": "duplicate"}
        self._started.add((step.run_id, step.step))
        self._adopt_loop()
        started = asyncio.ensure_future(task(self, step))
        self._tasks.add(started)  # the loop itself keeps weak references only
        started.add_done_callback(self._tasks.discard)
        return {"status": "started"}

    async def work(self, step: StepRequest) -> None:
        """Execute the step, and end the session where no other step will come to it. Never raises: no caller would see
        the error."""
        await asyncio.sleep(0)  # what a task does before its first pause comes before the response to the invocation
        with run_lines(step.run_id):
            try:
                head = await self._tracked(step)
                while head is not None and head.step < step.step and (again := await self._answered(step)) is not None:
                    step = again
                    head = await self._tracked(step)
                if head is None:
                    return
                if (is_over(head, step) or not step.keep_session) and not self._is_evicted:
                    self._is_ending = True
                    self._is_ending = await asyncio.to_thread(self._end_session, step)
            except Exception:
                log("agents.step_failed", level="ERROR", agent=step.agent, step=step.step, exc_info=True)

    async def shut_down(self) -> None:
        """The process is being ended: steps in progress are cancelled, and their ends are journalled."""
        if self._loop is not None:
            evicted = asyncio.run_coroutine_threadsafe(self._evict(), self._loop)
            await asyncio.wrap_future(evicted)
        self._threads.shutdown(wait=False)

    async def _answered(self, step: StepRequest) -> StepRequest | None:
        """The invocation with which a step that has stopped for answers starts again, where it came before the step had
        ended; None where none has come: from then on a further one starts the step anew."""
        worker = await asyncio.wrap_future(self._worker)
        key = (step.run_id, step.step)
        while (again := self._repeated.pop(key, None)) is not None:
            if await worker.has_answers(again):
                return again
        self._started.discard(key)
        return None

    async def _tracked(self, step: StepRequest) -> Head | None:
        executing = asyncio.create_task(self._execute(step))
        self._steps.add(executing)
        executing.add_done_callback(self._steps.discard)
        return await executing

    async def _execute(self, step: StepRequest) -> Head | None:
        worker = await asyncio.wrap_future(self._worker)
        try:
            with self._telemetry.step(step.run_id, step.agent, step.step, step.traceparent) as span:
                head = await worker.execute(step)
                if head is not None and head.error is not None:
                    span.fail(str(head.error["error"]))
                return head
        finally:
            if not await asyncio.to_thread(self._telemetry.flush, _FLUSH_SECONDS):
                log("agents.spans_not_sent", level="WARNING")

    async def _evict(self) -> None:
        self._is_evicted = True
        if self._steps:
            log("agents.evicted", level="WARNING", steps=len(self._steps))
            worker = await asyncio.wrap_future(self._worker)
            worker.evict(_EVICTION_SECONDS)
            await asyncio.wait(self._steps, timeout=_ABANDON_SECONDS)

    def _adopt_loop(self) -> None:
        """The loop is the application's own, apart from the one that answers /ping."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.set_default_executor(self._threads)


def create_app(create: Callable[[], AgentApp] = AgentApp.create) -> BedrockAgentCoreApp:
    """The application for AgentCore's HTTP protocol. The AgentCore app is created when the server starts."""
    agents = functools.cache(create)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        capture_libraries()
        try:
            agents()
        except Exception:
            # It is raised again at every invocation, whose response reports it to the invoker.
            log("agents.not_ready", level="ERROR", exc_info=True)
        yield
        if agents.cache_info().currsize:
            await agents().shut_down()

    app = BedrockAgentCoreApp(lifespan=lifespan)
    app.logger.propagate = False  # it has a handler of its own, and each line would come twice

    @app.async_task
    async def agent_step(serving: AgentApp, step: StepRequest) -> None:
        await serving.work(step)

    @app.entrypoint
    async def invoke(payload: object, context: RequestContext) -> dict[str, str]:
        return agents().start(payload, context, agent_step)

    return app
