"""The worker's heartbeat: once a second a write to the head, which returns subscribers and cancellation."""

import asyncio
from collections.abc import Callable
from typing import Final

from runtime.journal import Head, LostEpoch
from runtime.process.logs import log
from runtime.process.threads import Threads

INTERVAL: Final = 1.0
"""Seconds between two heartbeats: each is a write to the run's head."""


class Heartbeat:
    """Beats in a task until stopped, or until the epoch is lost."""

    def __init__(
        self,
        beat: Callable[[], Head],
        threads: Threads,
        on_beat: Callable[[Head], None],
        on_lost: Callable[[], None],
        interval: float = INTERVAL,
    ) -> None:
        """`beat` writes a heartbeat and returns the head, which `on_beat` gets; it raises LostEpoch. `on_lost` is
        called once when another worker has the run."""
        self._beat = beat
        self._threads = threads
        self._on_beat = on_beat
        self._on_lost = on_lost
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
                head = await self._threads.run(self._beat)
            except LostEpoch as lost:
                log("worker.epoch_lost", level="WARNING", reason=lost.message)
                self._on_lost()
                return
            except Exception:
                # One missed beat ends nothing: the next may get through.
                log("worker.heartbeat_failed", level="WARNING", exc_info=True)
                continue
            self._on_beat(head)
