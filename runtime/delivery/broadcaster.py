"""The subscribers of a run: served while it is worked on, brought to its end, or handed off to the next worker."""

import time
from functools import partial
from typing import Final

from runtime.delivery.dependencies import Dependencies
from runtime.delivery.event_buffer import EventBuffer
from runtime.delivery.sender import Sender
from runtime.journal import Head
from runtime.process.logs import log

_DRAIN_SECONDS: Final = 10.0
"""For subscribers that lag when the run has ended; they can resume after it."""

_HAND_OFF_SECONDS: Final = 3.0
"""For subscribers that lag when only a step has ended: the next worker continues with them."""


class Broadcaster:
    """The subscribers of one run, as its head names them. `seq` is the newest event when the worker claimed it."""

    def __init__(self, run_id: str, seq: int, dependencies: Dependencies) -> None:
        self._run_id = run_id
        self._journal = dependencies.journal
        self._threads = dependencies.journal_threads
        self._follows = False
        buffer = EventBuffer(seq, partial(self._threads.run, self._journal.read, run_id))
        self.sender = Sender(run_id, buffer, self._journal, dependencies.connections, dependencies.post_threads)

    @property
    def posts(self) -> int:
        """Frames delivered so far."""
        return self.sender.posts

    def follow(self, head: Head) -> None:
        """Serve the subscribers that this newer head names; nobody yet while another process still posts to them what
        came before this worker."""
        if not self._follows and head.delivery_until > time.time():
            return
        self._follows = True
        self.sender.follow(head.subscribers)

    async def finish(self, patience: float) -> None:
        """After the run's end, send everything to all subscribers, within `patience` seconds. Those that subscribed
        before the end are in the head that is read after it; later ones get a replay."""
        try:
            head = await self._threads.run(self._journal.head, self._run_id)
        except Exception:
            log("worker.head_not_read", level="WARNING", exc_info=True)
        else:
            if head.last_seq is None:
                return
            # Another process that has written the end has taken the subscribers out of the head, and sends it.
            self.follow(head)
            self.sender.publish_to_end(head.last_seq)
        if not await self.sender.drain(min(_DRAIN_SECONDS, patience)):
            log("worker.subscribers_lag", level="WARNING")

    async def hand_off(self, head: Head, patience: float) -> None:
        """Serve nobody any more, and record in the head the cursor of each subscriber. This must happen before the run
        can continue: its next worker starts there."""
        cursors = await self.sender.hand_off(min(_HAND_OFF_SECONDS, patience))
        try:
            await self._threads.run(self._journal.store_cursors, head, cursors)
        except Exception:
            # They get some frames twice, which a client skips; the run continues.
            log("worker.cursors_not_stored", level="WARNING", exc_info=True)

    def close(self) -> None:
        """Send no more."""
        self.sender.close()
