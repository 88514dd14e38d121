"""Those who follow a run: served while it is worked on, seen out at its end, or handed over to the next worker."""

from typing import Final

from runtime.delivery.dependencies import Workbench
from runtime.delivery.event_buffer import Tail
from runtime.delivery.sender import Sender
from runtime.journal import Head
from runtime.logs import log

_DRAIN_SECONDS: Final = 10.0
"""For subscribers that lag when the run has ended; they can resume after it."""

_HAND_OVER_SECONDS: Final = 3.0
"""For those that lag when only a step has: the next worker goes on with them."""


class Audience:
    """The subscribers of one run, as its head names them. `seq` is the newest event that the worker found."""

    def __init__(self, head: Head, seq: int, bench: Workbench) -> None:
        self._head = head
        self._bench = bench
        tail = Tail(head.run_id, seq, bench.journal, bench.journal_threads)
        self.sender = Sender(head.run_id, tail, bench.journal, bench.connections, bench.post_threads)

    @property
    def posts(self) -> int:
        """Frames delivered so far."""
        return self.sender.posts

    def follow(self, head: Head) -> None:
        """Serve those that this newer head names."""
        self._head = head
        self.sender.follow(head.subscribers)

    async def see_out(self, patience: float) -> None:
        """After the run's end, serve everybody to it, for so many seconds at most. Whoever subscribed before the end is
        in the head that is read after it; later ones get a replay."""
        try:
            head = await self._bench.journal_threads.run(self._bench.journal.head, self._head.run_id)
        except Exception:
            log("worker.head_not_read", level="WARNING", exc_info=True)
        else:
            if head.last_seq is None:
                return
            self.sender.publish_to_end(head.last_seq)
            self.follow(head)
        if not await self.sender.drain(min(_DRAIN_SECONDS, patience)):
            log("worker.subscribers_lag", level="WARNING")

    async def hand_over(self, patience: float) -> None:
        """Serve nobody any more, and leave in the head where each has got to. To be done before the run can go on:
        its next worker begins there."""
        cursors = await self.sender.hand_over(min(_HAND_OVER_SECONDS, patience))
        try:
            await self._bench.journal_threads.run(self._bench.journal.keep_cursors, self._head, cursors)
        except Exception:
            # They get some frames twice, which a client passes over; the run goes on.
            log("worker.cursors_not_kept", level="WARNING", exc_info=True)

    def close(self) -> None:
        """Send no more."""
        self.sender.close()
