"""The agent of one run: created, asked, and awaited to the end of its stream."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from typing import Any, Protocol, cast

from strands import Agent
from strands.types.agent import AgentInput
from strands.types.exceptions import EventLoopException, StructuredOutputException

from contract.errors import ErrorCode, RunError
from contract.events import EventType
from runtime.engine.answer import ToolResults
from runtime.engine.asking.forms import BadQuestionError
from runtime.engine.asking.paused import PausedRunError, Resumption, cannot_go_on
from runtime.engine.asking.questions import Asked, Asker, responses
from runtime.engine.cancellation import CancellationToken
from runtime.engine.conversations import Turn, user_message
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


class UserMessages(Protocol):
    """What the user sends while the agent works; `given` is the number of the newest event MESSAGE whose text the agent
    has."""

    given: int

    def attach(self, agent: Agent, written: Callable[[], Awaitable[None]]) -> None:
        """Have the agent get them; `written` waits until what it has said before is in the journal."""


AskAhead = Callable[[Sequence[Asked]], Awaitable[Mapping[str, object] | None]]
"""Asks questions that all have answers given ahead of time, and returns these by question; None where one has none."""


async def _never(_: Sequence[Asked]) -> Mapping[str, object] | None:
    return None


class AgentTask:
    """Its output goes to the sink as it comes. `prepared` is None until the agent is created. `is_rejected` means that
    the model has rejected the newest request (the question, or what the tools returned) and would reject it again.
    `asked` are the questions that the agent waits for, none for one that has ended."""

    def __init__(
        self,
        orchestrator: Orchestrator,
        sink: JournalSink,
        cancellation: CancellationToken,
        asker: Asker | None = None,
        ask_ahead: AskAhead = _never,
        resumption: Resumption | None = None,
        messages: UserMessages | None = None,
    ) -> None:
        """An agent without an asker cannot stop to ask. `resumption` is what an earlier worker has left of the run,
        with the answers to its questions; `messages` are those that the user sends meanwhile."""
        self._orchestrator = orchestrator
        self._sink = sink
        self._cancellation = cancellation
        self._asker = asker
        self._ask_ahead = ask_ahead
        self._resumption = resumption
        self.messages = messages
        self._retry = JournalledRetry(lambda: self.translation.has_begun_message, self._record_retry)
        self.translation = Translation(sink)
        self.conversations = orchestrator.conversations
        self.paused_runs = orchestrator.paused_runs
        self.prepared: PreparedAgent | None = None
        self.results = ToolResults()
        self.is_rejected = False
        self.asked: list[Asked] = []

    @property
    def is_accepted(self) -> bool:
        """Whether there is an agent, and neither its model nor its own code has rejected the question."""
        has_begun = self.translation.usage()["model_calls"] > 0 or self._resumption is not None
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
            if self.messages is not None:
                self.messages.attach(prepared.agent, self._sink.written)
            self._cancellation.attach(prepared.agent)
            prompt = self._prompt(prepared.agent, brief)
            while prompt is not None and self._cancellation.cause is None:
                await self._work(prepared.agent, prompt, brief.run_id)
                prompt = await self._go_on(prepared, brief)

    def _open(self, brief: Head) -> AbstractAsyncContextManager[PreparedAgent]:
        before = None if self._resumption is None else self._resumption.paused.before
        return self._orchestrator.open_agent(brief, self._retry, before=before)

    def _prompt(self, agent: Agent, brief: Head) -> AgentInput:
        if self._resumption is None:
            return brief.question
        paused = self._resumption.paused
        try:
            paused.restore(agent)
        except PausedRunError as problem:
            raise cannot_go_on(problem, brief.run_id) from problem
        _take_question(agent, paused.before, brief.question)
        self.translation.restore(paused.texts, paused.open_calls)
        return self._resumption.responses

    async def _go_on(self, prepared: PreparedAgent, brief: Head) -> AgentInput:
        """The answers to what the agent has asked, where all are known; otherwise the agent has ended, or waits."""
        result = self.translation.result
        is_asking = self.translation.is_interrupted and not self._cancellation.forbids_questions
        if self._asker is None or result is None or not is_asking:
            return None
        try:
            asked = self._asker.questions(result.interrupts or (), prepared.agent)
        except BadQuestionError as problem:
            message = f"the agent asked what cannot be asked: {problem}; fix the tool or the hook that asks"
            raise RunError(ErrorCode.INVALID_REQUEST, message, brief.run_id) from problem
        answers = await self._ask_ahead(asked)
        if answers is None:
            self.asked = asked
            return None
        _take_question(prepared.agent, len(prepared.conversation.messages), brief.question)
        return responses({one.interrupt_id: one.question.question_id for one in asked}, answers)

    async def _work(self, agent: Agent, prompt: AgentInput, run_id: str) -> None:
        try:
            # Leaving the stream early would leave the model's stream running and the history broken.
            events = cast("AsyncGenerator[Mapping[str, Any]]", agent.stream_async(prompt))
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
            raise explain_stream(failure, run_id, has_begun_message=begun) from error

    def _record_retry(self, attempt: int, reason: str, wait: int) -> None:
        log("worker.model_retry", level="WARNING", attempt=attempt, reason=reason, wait_seconds=wait)
        code = ErrorCode.THROTTLED if reason == THROTTLING else ErrorCode.MODEL_ERROR
        data = {"attempt": attempt, "code": code.value, "reason": reason, "retry_after_seconds": wait}
        self._sink.event(EventType.USAGE, data)


def _is_rejection(error: Exception) -> bool:
    """Whether the same request would fail again; invalid structured outputs are the model's answers to valid ones."""
    return passing_failure(error) is None and not isinstance(error, StructuredOutputException)


def _take_question(agent: Agent, before: int, question: str) -> None:
    """An agent that was stopped before its first model call has not taken its question, and Strands resumes it with the
    answers alone."""
    if len(agent.messages) <= before:
        agent.messages.append(user_message(question))
