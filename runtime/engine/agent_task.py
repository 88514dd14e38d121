"""The agent of one run at work: made, asked, and awaited to the end of its stream."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing
from typing import Any, cast

from strands import Agent

from contract.errors import ErrorCode
from contract.events import EventType
from runtime.engine.cancellation import StopSwitch
from runtime.engine.event_writer import Recorder
from runtime.engine.failures import explain_setup, explain_stream
from runtime.engine.orchestrator import Orchestrator, PreparedAgent
from runtime.engine.retries import THROTTLING, JournalledRetry
from runtime.engine.translation import Translation
from runtime.journal import Head
from runtime.logs import log


class AgentTask:
    """What it says goes to the recorder as it comes. `prepared` is None until the agent is made."""

    def __init__(self, head: Head, orchestrator: Orchestrator, recorder: Recorder, switch: StopSwitch) -> None:
        self._head = head
        self._orchestrator = orchestrator
        self._recorder = recorder
        self._switch = switch
        self._retry = JournalledRetry(lambda: self.translation.has_begun_message, self._tell_retry)
        self.translation = Translation(recorder)
        self.sessions = orchestrator.sessions
        self.prepared: PreparedAgent | None = None

    async def run(self) -> None:
        """Await the agent's end. Raises RunError with what the user may know; the log has the traceback."""
        async with AsyncExitStack() as stack:
            opened = self._orchestrator.open_agent(self._head, self._retry)
            try:
                prepared = await stack.enter_async_context(opened)
            except Exception as error:
                log("worker.setup_failed", level="ERROR", exc_info=True)
                raise explain_setup(error, self._head.run_id) from error
            self.prepared = prepared
            self._switch.attach(prepared.agent)
            if self._switch.cause is None:
                await self._work(prepared.agent)

    async def _work(self, agent: Agent) -> None:
        try:
            # Whoever leaves the stream early leaves the model's stream running and the history broken.
            events = cast("AsyncGenerator[Mapping[str, Any]]", agent.stream_async(self._head.question))
            async with aclosing(events) as stream:
                async for event in stream:
                    self.translation.feed(event)
            self.translation.check_end()
        except Exception as error:
            log("worker.agent_failed", level="ERROR", exc_info=True)
            begun = self.translation.has_begun_message
            raise explain_stream(error, self._head.run_id, has_begun_message=begun) from error

    def _tell_retry(self, attempt: int, reason: str, wait: int) -> None:
        log("worker.model_retry", level="WARNING", attempt=attempt, reason=reason, wait_seconds=wait)
        code = ErrorCode.THROTTLED if reason == THROTTLING else ErrorCode.MODEL_ERROR
        data = {"attempt": attempt, "code": code.value, "reason": reason, "retry_after_seconds": wait}
        self._recorder.event(EventType.USAGE, data)
