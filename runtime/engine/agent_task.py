"""The agent of one run: created, asked, and awaited to the end of its stream."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from typing import Any, Protocol, cast

from strands import Agent
from strands.types.agent import AgentInput
from strands.types.exceptions import EventLoopException, StructuredOutputException

from contract.errors import ErrorCode
from contract.events import EventType
from runtime.engine.answer import ToolResults
from runtime.engine.cancellation import CancellationToken
from runtime.engine.conversations import Turn
from runtime.engine.failures import explain_setup, explain_stream
from runtime.engine.model.service_failures import THROTTLING
from runtime.engine.orchestrator import Orchestrator, PreparedAgent
from runtime.engine.retries import JournalledRetry, passing_failure
from runtime.engine.tools.calls import survivable
from runtime.engine.tools.guard import guard_agent
from runtime.engine.translation import EventSink, Translation
from runtime.journal import Head
from runtime.process.logs import log


class JournalSink(EventSink, Protocol):
    """A sink whose events reach the journal."""

    async def written(self) -> None:
        """Wait until everything taken so far is in the journal, or can no longer be written."""


class AgentTask:
    """Its output goes to the sink as it comes. `prepared` is None until the agent is created. `is_rejected` means that
    the model has rejected the newest request (the question, or what the tools returned) and would reject it again."""

    def __init__(self, orchestrator: Orchestrator, sink: JournalSink, cancellation: CancellationToken) -> None:
        self._orchestrator = orchestrator
        self._sink = sink
        self._cancellation = cancellation
        self._retry = JournalledRetry(lambda: self.translation.has_begun_message, self._record_retry)
        self.translation = Translation(sink)
        self.conversations = orchestrator.conversations
        self.prepared: PreparedAgent | None = None
        self.results = ToolResults()
        self.is_rejected = False

    @property
    def is_accepted(self) -> bool:
        """Whether there is an agent, and neither its model nor its own code has rejected the question."""
        has_begun = self.translation.usage()["model_calls"] > 0
        return self.prepared is not None and (has_begun or not self.is_rejected)

    def turn(self, *, has_answer: bool) -> Turn:
        """What the agent has said so far; `has_answer`: its newest text is its answer."""
        said = self.translation
        answer = said.final_text if has_answer else ""
        return Turn(said.all_text, said.partial_text, answer, self.is_rejected, self.results)

    async def run(self, brief: Head) -> None:
        """Await the agent's end; `brief` is the run as the agent is to see it. Raises RunError with what the user may
        know; the log has the traceback."""
        async with AsyncExitStack() as stack:
            opened = self._open(brief)
            try:
                prepared = await stack.enter_async_context(opened)
            except BaseException as error:
                failure = survivable(error)
                log("worker.setup_failed", level="ERROR", exc_info=True)
                raise explain_setup(failure, brief.run_id) from error
            prepared.agent.hooks.add_hook(self.results)
            self.prepared = prepared
            # The journal first: a tool that ends the process must be named in it.
            guard_agent(prepared.agent, self._sink.written)
            self._cancellation.attach(prepared.agent)
            if self._cancellation.cause is None:
                await self._work(prepared.agent, brief)

    def _open(self, brief: Head) -> AbstractAsyncContextManager[PreparedAgent]:
        return self._orchestrator.open_agent(brief, self._retry)

    def _prompt(self, agent: Agent, brief: Head) -> AgentInput:  # noqa: ARG002  for tasks that prepare the agent
        return brief.question

    async def _work(self, agent: Agent, brief: Head) -> None:
        try:
            # Leaving the stream early would leave the model's stream running and the history broken.
            events = cast("AsyncGenerator[Mapping[str, Any]]", agent.stream_async(self._prompt(agent, brief)))
            async with aclosing(events) as stream:
                async for event in stream:
                    self.translation.feed(event)
            self.translation.check_end()
        except BaseException as error:
            failure = survivable(error)
            log("worker.agent_failed", level="ERROR", exc_info=True)
            if self.translation.structured is not None:
                # The agent has ended: Strands' tracer fails on an object with a field that has no form in JSON.
                return
            cause = failure.original_exception if isinstance(failure, EventLoopException) else failure
            self.is_rejected = self.translation.is_asking and _is_rejection(cause)
            begun = self.translation.has_begun_message
            raise explain_stream(failure, brief.run_id, has_begun_message=begun) from error

    def _record_retry(self, attempt: int, reason: str, wait: int) -> None:
        log("worker.model_retry", level="WARNING", attempt=attempt, reason=reason, wait_seconds=wait)
        code = ErrorCode.THROTTLED if reason == THROTTLING else ErrorCode.MODEL_ERROR
        data = {"attempt": attempt, "code": code.value, "reason": reason, "retry_after_seconds": wait}
        self._sink.event(EventType.USAGE, data)


def _is_rejection(error: Exception) -> bool:
    """Whether the same request would fail again; invalid structured outputs are the model's answers to valid ones."""
    return passing_failure(error) is None and not isinstance(error, StructuredOutputException)
