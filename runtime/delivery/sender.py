"""The only sender of a live run: each subscriber gets the journalled events in order, from its own cursor."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Final

from contract.events import Event
from runtime.delivery.connections import Connections
from runtime.delivery.event_buffer import EventBuffer
from runtime.delivery.subscriber import Subscriber
from runtime.journal import Journal
from runtime.process.logs import log
from runtime.process.threads import Threads

PATIENCE: Final = 1.0
"""Seconds that the next batch of text waits for a subscriber; after that the subscriber is served at its own pace."""

LEASE: Final = 3.0
"""Seconds that subscribers are served after a head was read. A process that was stopped for longer may have lost the
run: whoever ended it has sent the end, and nothing may follow that."""


class Sender:
    """Posts what is in the journal, in a task for each subscriber, so that none waits for another and the run waits for
    none. Lives on the event loop's thread."""

    def __init__(
        self,
        run_id: str,
        buffer: EventBuffer,
        journal: Journal,
        connections: Connections,
        threads: Threads,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`clock` must count while the process or its virtual machine is suspended."""
        self._clock = clock
        self._run_id = run_id
        self._buffer = buffer
        self._journal = journal
        self._connections = connections
        self._threads = threads
        self._subscribers: dict[str, Subscriber] = {}
        self._requested: dict[str, int] = {}
        self._gone: dict[str, asyncio.Task[None]] = {}
        self._published_at: float | None = None
        self._settled_at: float | None = None
        self._has_handed_off = False
        self._followed_at = -inf
        self._renewed = asyncio.Event()
        self.on_settled: Callable[[], None] | None = None
        self.posts = 0

    def publish(self, events: Sequence[Event]) -> None:
        """Send these events; they are in the journal, and follow what was published before."""
        had_ended = self._buffer.has_ended
        self._buffer.extend(events)
        self._wake(had_ended)

    def publish_to_end(self, seq: int) -> None:
        """Send all events up to that number, the run's last, from the journal: other processes may have written
        them."""
        had_ended = self._buffer.has_ended
        self._buffer.reach(seq)
        self._wake(had_ended)

    def follow(self, subscribers: Mapping[str, int]) -> None:
        """Serve exactly these: connection ids with the last seq each has. Subscribers that are served already keep
        their cursors, unless their number has changed, which is a new request to resume. Nobody after a hand-off."""
        if self._has_handed_off:
            return
        self._followed_at = self._clock()
        self._renewed.set()
        for connection_id in self._subscribers.keys() - subscribers.keys():
            self._subscribers.pop(connection_id).stop()
        # A head read before the unsubscribe still names a connection that is gone; its id never comes back.
        for connection_id in subscribers.keys() - self._gone.keys():
            after = subscribers[connection_id]
            known = self._subscribers.get(connection_id)
            if known is None:
                self._add(connection_id, after)
            elif self._requested[connection_id] != after:
                known.move_to(self._buffer.reachable(after))
            self._requested[connection_id] = after
        self._settle()

    def sent_at(self, now: float) -> float | None:
        """When the last send finished, by the loop's clock: None before the first, infinity while one is under way. A
        subscriber that takes longer than PATIENCE does not count until it has caught up."""
        if self._published_at is None or self._settled_at is not None:
            return self._settled_at
        if now < self._published_at + PATIENCE:
            return float("inf")
        for subscriber in self._subscribers.values():
            subscriber.is_slow = not subscriber.has_all
        self._settled_at = now
        return now

    async def drain(self, patience: float) -> bool:
        """Wait until every subscriber has everything, at most `patience` seconds; returns whether all have."""
        waits = [asyncio.create_task(subscriber.caught_up()) for subscriber in self._subscribers.values()]
        waits.extend(self._gone.values())
        if not waits:
            return True
        _, late = await asyncio.wait(waits, timeout=max(0.0, patience))
        for wait in late:
            wait.cancel()
        return not late

    async def hand_off(self, patience: float) -> dict[str, int]:
        """Serve nobody from now on; returns connection ids with the last seq that each has, for the next worker. Waits
        at most `patience` seconds, twice: for subscribers that lag, and for frames that are on their way."""
        await self.drain(patience)
        self._has_handed_off = True
        served = list(self._subscribers.values())
        halts = [asyncio.create_task(subscriber.halt()) for subscriber in served]
        if halts:
            # A subscriber whose frame takes longer may get it twice.
            await asyncio.wait(halts, timeout=max(0.0, patience))
        for subscriber in served:
            subscriber.stop()
        self._subscribers.clear()
        return {subscriber.connection_id: subscriber.cursor for subscriber in served if not subscriber.is_gone}

    def close(self) -> None:
        """Send no more."""
        self.follow({})

    def _add(self, connection_id: str, after: int) -> None:
        subscriber = Subscriber(connection_id, self._buffer.reachable(after), self._buffer, self._post, self._moved)
        # A new subscriber that has much to catch up with must not delay the others.
        subscriber.is_slow = not subscriber.has_all
        self._subscribers[connection_id] = subscriber
        subscriber.start()

    async def _post(self, connection_id: str, frame: bytes) -> bool:
        while self._clock() - self._followed_at > LEASE:
            self._renewed.clear()
            await self._renewed.wait()
        delivered = await self._threads.run(self._connections.post, connection_id, frame)
        self.posts += delivered
        return delivered

    def _moved(self, subscriber: Subscriber) -> None:
        if subscriber.is_gone:
            self._subscribers.pop(subscriber.connection_id, None)
            self._gone[subscriber.connection_id] = asyncio.create_task(self._forget(subscriber.connection_id))
        elif subscriber.has_all:
            subscriber.is_slow = False
        self._settle()

    async def _forget(self, connection_id: str) -> None:
        log("worker.subscriber_gone", connection_id=connection_id)
        try:
            await self._threads.run(self._journal.unsubscribe, self._run_id, connection_id)
        except Exception:
            log("worker.unsubscribe_failed", level="WARNING", connection_id=connection_id, exc_info=True)

    def _wake(self, had_ended: bool) -> None:
        if self._buffer.has_ended and not had_ended:
            for subscriber in self._subscribers.values():
                subscriber.move_to(self._buffer.reachable(subscriber.cursor))
        self._published_at = asyncio.get_running_loop().time()
        self._settled_at = None
        for subscriber in self._subscribers.values():
            subscriber.wake()
        self._settle()

    def _settle(self) -> None:
        if self._published_at is None or self._settled_at is not None:
            return
        if all(subscriber.is_slow or subscriber.has_all for subscriber in self._subscribers.values()):
            self._settled_at = asyncio.get_running_loop().time()
            if self.on_settled is not None:
                self.on_settled()
