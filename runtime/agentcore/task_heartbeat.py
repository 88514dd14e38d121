"""The state of a workflow that waits for a step's token: it gets heartbeats, and the result of the step."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from runtime.journal import Head
from runtime.process.logs import log
from runtime.process.task_tokens import TaskTokens
from runtime.process.threads import Threads

_BEATS_PER_LIMIT: Final = 3
"""Two may get lost before the state gives up the agent."""


class TaskHeartbeat:
    """`limit` is the longest silence that the state accepts, in seconds."""

    def __init__(
        self,
        token: str,
        limit: float,
        tokens: TaskTokens,
        threads: Threads,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._token = token
        self._interval = limit / _BEATS_PER_LIMIT
        self._tokens = tokens
        self._threads = threads
        self._clock = clock
        self._beaten_at = clock()
        self._beating: asyncio.Task[None] | None = None

    def beat(self) -> None:
        """Called at every heartbeat of the worker; starts a task that forwards one when it is due."""
        now = self._clock()
        if now - self._beaten_at < self._interval or (self._beating is not None and not self._beating.done()):
            return
        self._beaten_at = now
        self._beating = asyncio.create_task(self._send(lambda: self._tokens.beat(self._token)))

    async def report(self, head: Head) -> None:
        """End the state after the step, with the run's status (RUNNING where other steps follow) and the key of its
        output."""
        output = {"status": head.status.value, "output": head.output}
        await self._send(lambda: self._tokens.succeed(self._token, output))

    async def _send(self, call: Callable[[], object]) -> None:
        try:
            await self._threads.run(call)
        except Exception:
            # The journal has the result; the state's own time limits end it where no report arrives.
            log("agents.token_not_served", level="WARNING", exc_info=True)
