"""A run that one worker executes from its claim to its end, and whose session continues after it."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from contract.errors import QUERY_TIMEOUT_MESSAGE
from contract.events import EventType
from runtime.engine.agent_task import AgentTask
from runtime.engine.conversations import ConversationConflictError, anchored, completed, is_valid
from runtime.engine.event_writer import EventWriter
from runtime.engine.outcome import Outcome
from runtime.engine.unit_of_work import Completion
from runtime.journal import Head
from runtime.process.logs import log
from runtime.process.threads import Threads

_SAVE_SECONDS: Final = 10.0
"""For the conversation, which comes before the final event: a bucket that hangs must not keep a run from its end."""


class FullRun:
    """The unit of work that is a whole run."""

    timeout_message = QUERY_TIMEOUT_MESSAGE

    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    def start(self, writer: EventWriter) -> None:
        """RUN_ACCEPTED is enough."""

    def beat(self) -> None:
        """Nothing else waits for a heartbeat."""

    async def brief(self, head: Head) -> Head:
        return head

    async def store(self, head: Head, outcome: Outcome, task: AgentTask, left: float) -> Outcome:
        """The conversation, before the final event: the next question of the session may come right after it."""
        if task.prepared is None or outcome.final_event is EventType.RUN_FAILED:
            return outcome
        messages = anchored(task.prepared.agent.messages, head.question)
        if outcome.final_event is not EventType.RUN_SUCCEEDED:
            messages = completed(messages, task.translation.partial_text)
        if not is_valid(messages):
            log("worker.session_not_saved", level="WARNING", reason="the history is not valid")
            return outcome
        version = task.prepared.conversation.version
        save = partial(task.conversations.save, head.owner, head.session_id, messages, version)
        try:
            async with asyncio.timeout(min(_SAVE_SECONDS, left / 2)):
                await self._threads.run(save)
        except ConversationConflictError:
            log("worker.session_not_saved", level="WARNING", reason="another run has stored the session meanwhile")
        except Exception:
            log("worker.session_not_saved", level="ERROR", exc_info=True)
        return outcome

    async def finish(self, completion: Completion) -> Mapping[str, Any]:
        return await completion.end_run()
