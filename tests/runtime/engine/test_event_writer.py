import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import pytest

from contract.events import Event, EventType
from contract.run_ids import new_run_id
from runtime.delivery.connections import Connections
from runtime.delivery.event_buffer import EventBuffer
from runtime.delivery.sender import Sender
from runtime.engine.event_writer import EventWriter
from runtime.engine.write_buffer import FLUSH_INTERVAL, MAX_BATCH_BYTES
from runtime.journal import NewRun, RunWriter
from runtime.process.threads import Threads
from tests.runtime.memory_journal import MemoryJournal

RUN_ID = new_run_id()
Until = Callable[[Callable[[], object]], Awaitable[None]]


@dataclass
class Post:
    """When a post began and ended."""

    began: float
    ended: float = 0.0


class TimedConnections(Connections):
    """Takes so many seconds a post."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.posts: list[Post] = []

    def post(self, connection_id: str, frame: bytes) -> bool:  # noqa: ARG002
        post = Post(time.monotonic())
        self.posts.append(post)
        threading.Event().wait(self._seconds)
        post.ended = time.monotonic()
        return True


@pytest.fixture
def threads() -> Iterator[Threads]:
    made = Threads("test", 4)
    yield made
    made.close()


@pytest.fixture
def journal() -> MemoryJournal:
    made = MemoryJournal()
    made.accept(NewRun(RUN_ID, RUN_ID, "owner", "agent", "How?", None, 0.0))
    made.claim(RUN_ID)
    return made


def begin(journal: MemoryJournal, connections: Connections, threads: Threads, seen: list[Event]) -> EventWriter:
    """A recorder that has begun, with one subscriber; called on the event loop."""
    sender = Sender(RUN_ID, EventBuffer(1, partial(threads.run, journal.read, RUN_ID)), journal, connections, threads)
    writer = RunWriter(journal, journal.head(RUN_ID), 1)
    recorder = EventWriter(writer, sender, threads, seen.append, lambda: None)
    sender.follow({"c1": 1})
    recorder.start()
    return recorder


@pytest.mark.parametrize("post_seconds", [0.0, 0.15])
def test_batches_keep_their_distance_from_the_end_of_the_last_send(
    journal: MemoryJournal, threads: Threads, post_seconds: float
) -> None:
    connections = TimedConnections(post_seconds)

    said: list[str] = []

    async def scenario() -> None:
        recorder = begin(journal, connections, threads, [])
        while len(connections.posts) < 6:
            said.append(f"{len(said)} ")
            recorder.text(said[-1])
            await asyncio.sleep(0.005)
        await recorder.close()

    asyncio.run(scenario())

    posts = connections.posts[:6]
    assert min(after.began - before.ended for before, after in pairwise(posts)) >= FLUSH_INTERVAL
    texts = [event.data["text"] for event in journal.events[RUN_ID][1:]]
    assert "".join(texts) == "".join(said)
    assert texts[0] == "0 ", "the first delta goes at once"


@pytest.mark.parametrize(
    ("complete", "expected"),
    [
        (lambda recorder: recorder.text("x" * MAX_BATCH_BYTES), ["TEXT", "TEXT"]),
        (lambda recorder: recorder.event(EventType.TOOL_CALL, {"name": "run_sql"}), ["TEXT", "TEXT", "TOOL_CALL"]),
    ],
    ids=["a full batch", "a tool call"],
)
def test_what_cannot_grow_waits_for_no_interval(
    journal: MemoryJournal,
    threads: Threads,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
    complete: Callable[[EventWriter], None],
    expected: list[str],
) -> None:
    monkeypatch.setattr("runtime.engine.write_buffer.FLUSH_INTERVAL", 3_600)
    seen: list[Event] = []

    async def scenario() -> None:
        recorder = begin(journal, TimedConnections(0), threads, seen)
        recorder.text("first")
        await until(lambda: len(seen) == 1)
        if len(expected) > 2:
            recorder.text("second")
        complete(recorder)
        await until(lambda: len(seen) == len(expected))
        await recorder.close()

    asyncio.run(scenario())

    assert [event.type.value for event in seen] == expected


def test_what_comes_after_the_close_is_dropped(journal: MemoryJournal, threads: Threads) -> None:
    async def scenario() -> None:
        recorder = begin(journal, TimedConnections(0), threads, [])
        recorder.text("in time")
        await recorder.close()
        recorder.text("late")
        recorder.event(EventType.TOOL_CALL, {})
        await recorder.finish(EventType.RUN_SUCCEEDED, {}, {}, None)

    asyncio.run(scenario())

    assert [event.type.value for event in journal.events[RUN_ID]] == ["RUN_ACCEPTED", "TEXT", "RUN_SUCCEEDED"]
