"""Once a second: tells the journal that the worker lives, and learns from it who follows and whether to stop."""

import asyncio
from collections.abc import Callable
from typing import Final

from runtime.journal import Head, Journal, LostEpoch
from runtime.logs import log
from runtime.threads import Threads

INTERVAL: Final = 1.0
"""Seconds between two heartbeats: each is a write to the run's head."""


class Heartbeat:
    """Beats in a task until stopped, or until the epoch is lost."""

    def __init__(
        self,
        head: Head,
        journal: Journal,
        threads: Threads,
        beat: Callable[[Head], None],
        lost: Callable[[], None],
        interval: float = INTERVAL,
    ) -> None:
        """`beat` gets the head as of each heartbeat; `lost` is called once when another worker has the run."""
        self._head = head
        self._journal = journal
        self._threads = threads
        self._beat = beat
        self._lost = lost
        self._interval = interval
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            try:
                head = await self._threads.run(self._journal.heartbeat, self._head, self._head.epoch)
            except LostEpoch:
                log("worker.epoch_lost", level="WARNING", epoch=self._head.epoch)
                self._lost()
                return
            except Exception:
                # One missed beat ends nothing: the next may get through.
                log("worker.heartbeat_failed", level="WARNING", exc_info=True)
                continue
            self._beat(head)
