"""A run that one worker executes from its claim to its end, and whose session continues after it."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from contract.errors import QUERY_TIMEOUT_MESSAGE
from contract.events import EventType
from runtime.engine.agent_task import AgentTask
from runtime.engine.conversations import Conversation, after_run
from runtime.engine.event_writer import EventWriter
from runtime.engine.outcome import Outcome
from runtime.engine.runs.question_timers import QuestionTimers
from runtime.engine.unit_of_work import Completion
from runtime.journal import Head
from runtime.process.conversation_files import ConversationConflictError
from runtime.process.logs import log
from runtime.process.threads import Threads

_SAVE_SECONDS: Final = 10.0
"""For the conversation, which comes before the final event: a bucket that hangs must not keep a run from its end."""

_UNANSWERED: Final = Outcome(EventType.RUN_TIMED_OUT, "interrupt")


class FullRun:
    """The unit of work that is a whole run."""

    timeout_message = QUERY_TIMEOUT_MESSAGE
    step_number = 0

    def __init__(self, threads: Threads, timers: QuestionTimers) -> None:
        self._threads = threads
        self._timers = timers

    def start(self, writer: EventWriter) -> None:
        """RUN_ACCEPTED is enough."""

    def beat(self) -> None:
        """Nothing else waits for a heartbeat."""

    async def brief(self, head: Head) -> Head:
        return head

    async def store(self, head: Head, outcome: Outcome, task: AgentTask, left: float) -> Outcome:
        """The conversation, before the final event: the next question of the session may come right after it. It has
        the question and what was said of the answer, however the run ends."""
        if outcome.final_event is EventType.RUN_FAILED and not task.is_accepted:
            # The session continues as if the question had not been asked: stored, it might fail each later run too.
            return outcome
        try:
            async with asyncio.timeout(min(_SAVE_SECONDS, left / 2)):
                await self._threads.run(_save, head, outcome, task)
        except ConversationConflictError:
            log("worker.session_not_saved", level="WARNING", reason="another run has stored the session meanwhile")
        except Exception:
            log("worker.session_not_saved", level="ERROR", exc_info=True)
        return outcome

    async def pause(self, head: Head, task: AgentTask, left: float) -> None:
        """Store the conversation as if the run ended here, which it does where nobody answers, and set the timers of
        the questions."""
        await self.store(head, _UNANSWERED, task, left)
        for asked in task.asked:
            try:
                await self._threads.run(self._timers.set, head.run_id, asked.question)
            except Exception:
                # Whoever reads the run after the expiry settles the question as well.
                log("worker.timer_not_set", level="ERROR", question_id=asked.question.question_id, exc_info=True)

    async def finish(self, completion: Completion) -> Mapping[str, Any]:
        return await completion.end_run()


def _save(head: Head, outcome: Outcome, task: AgentTask) -> None:
    if task.prepared is not None:
        before, messages = task.prepared.conversation, task.prepared.agent.messages
    else:
        # Stopped while the agent was created.
        before = _loaded(head, task)
        messages = before.messages
    turn = task.turn(has_answer=outcome.final_event is EventType.RUN_SUCCEEDED)
    after = after_run(before.messages, list(messages), head.question, turn)
    task.conversations.save(head.owner, head.session_id, after, before.version, head.run_id)


def _loaded(head: Head, task: AgentTask) -> Conversation:
    if head.session_id == head.run_id:
        return Conversation([], None)
    return task.conversations.load(head.owner, head.session_id)
