"""A run that one worker carries from its claim to its end, and whose session goes on after it."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from contract.errors import QUERY_TIMEOUT_MESSAGE
from contract.events import EventType
from runtime.engine.agent_task import AgentTask
from runtime.engine.conversations import SessionConflictError, anchored, completed, is_valid
from runtime.engine.event_writer import Recorder
from runtime.engine.outcome import Outcome
from runtime.engine.unit_of_work import Closing
from runtime.journal import Head
from runtime.logs import log
from runtime.threads import Threads

_SAVE_SECONDS: Final = 10.0
"""For the conversation, which comes before the closing event: a bucket that hangs must not keep a run from its end."""


class WholeRun:
    """The part that is the whole."""

    timeout = QUERY_TIMEOUT_MESSAGE

    def __init__(self, head: Head, threads: Threads) -> None:
        self._head = head
        self._threads = threads

    def begin(self, recorder: Recorder) -> None:
        """RUN_ACCEPTED says it all."""

    def beat(self) -> None:
        """Nobody else waits for a sign of life."""

    async def brief(self) -> Head:
        return self._head

    async def keep(self, outcome: Outcome, task: AgentTask, left: float) -> Outcome:
        """The conversation, before the closing event: the next question of the session may be asked right after it."""
        if task.prepared is None or outcome.ending is EventType.RUN_FAILED:
            return outcome
        messages = anchored(task.prepared.agent.messages, self._head.question)
        if outcome.ending is not EventType.RUN_SUCCEEDED:
            messages = completed(messages, task.translation.partial_text)
        if not is_valid(messages):
            log("worker.session_not_saved", level="WARNING", reason="the history is not valid")
            return outcome
        version = task.prepared.conversation.version
        save = partial(task.sessions.save, self._head.owner, self._head.session_id, messages, version)
        try:
            async with asyncio.timeout(min(_SAVE_SECONDS, left / 2)):
                await self._threads.run(save)
        except SessionConflictError:
            log("worker.session_not_saved", level="WARNING", reason="another run has stored the session meanwhile")
        except Exception:
            log("worker.session_not_saved", level="ERROR", exc_info=True)
        return outcome

    async def end(self, closing: Closing) -> Mapping[str, Any]:
        return await closing.end_run()
