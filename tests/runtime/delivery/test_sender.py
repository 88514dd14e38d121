import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

import pytest

from contract.events import Event, EventType
from contract.run_ids import new_run_id
from runtime.delivery.connections import Connections
from runtime.delivery.event_buffer import EventBuffer
from runtime.delivery.sender import LEASE, PATIENCE, Sender
from runtime.journal import NewRun
from runtime.process.threads import Threads
from tests.runtime.conftest import Sent
from tests.runtime.memory_journal import MemoryJournal

RUN_ID = new_run_id()
Until = Callable[[Callable[[], object]], Awaitable[None]]


@pytest.fixture
def threads() -> Iterator[Threads]:
    made = Threads("test", 8)
    yield made
    made.close()


@pytest.fixture
def journal() -> MemoryJournal:
    """The journal of one accepted run."""
    made = MemoryJournal()
    made.accept(NewRun(RUN_ID, RUN_ID, "owner", "agent", "How?", None, 0.0))
    return made


@pytest.fixture
def begin(journal: MemoryJournal, connections: Connections, threads: Threads) -> Callable[[], Sender]:
    """Makes the sender of the run; called on the event loop."""
    return lambda: Sender(
        RUN_ID, EventBuffer(1, partial(threads.run, journal.read, RUN_ID)), journal, connections, threads
    )


def written(journal: MemoryJournal, count: int) -> list[Event]:
    """So many new events, in the journal."""
    return [journal.add(RUN_ID, EventType.TEXT, {"text": str(number)}) for number in range(count)]


def seqs(sent: Sent, connection_id: str = "c1") -> list[int]:
    return [frame["event"]["seq"] for to, frame in sent if to == connection_id]


def test_a_newcomer_gets_what_it_missed_from_the_journal(
    journal: MemoryJournal, sent: Sent, begin: Callable[[], Sender]
) -> None:
    async def scenario() -> None:
        sender = begin()
        written(journal, 600)
        sender.publish(journal.events[RUN_ID][1:])
        sender.follow({"c1": 0, "c2": 598})
        assert await sender.drain(5)
        sender.close()

    asyncio.run(scenario())

    assert seqs(sent, "c1") == list(range(1, 602))
    assert seqs(sent, "c2") == [599, 600, 601]


def test_a_process_that_was_stopped_sends_nothing_until_the_head_names_its_subscribers_again(
    journal: MemoryJournal, connections: Connections, threads: Threads, sent: Sent
) -> None:
    async def scenario() -> None:
        now = 0.0
        buffer = EventBuffer(1, partial(threads.run, journal.read, RUN_ID))
        sender = Sender(RUN_ID, buffer, journal, connections, threads, clock=lambda: now)
        sender.follow({"c1": 1, "c2": 1})
        now = LEASE + 0.1
        sender.publish(written(journal, 2))
        assert not await sender.drain(0.05)
        assert sent == []
        sender.follow({"c2": 1})
        assert await sender.drain(5)
        sender.close()

    asyncio.run(scenario())

    assert (seqs(sent, "c1"), seqs(sent, "c2")) == ([], [2, 3])


def test_a_subscriber_that_resumes_again_is_sent_from_there(
    journal: MemoryJournal, sent: Sent, begin: Callable[[], Sender]
) -> None:
    async def scenario() -> None:
        sender = begin()
        sender.follow({"c1": 1})
        sender.publish(written(journal, 3))
        await sender.drain(5)
        sender.follow({"c1": 1})
        sender.follow({"c1": 2})
        await sender.drain(5)
        sender.close()

    asyncio.run(scenario())

    assert seqs(sent) == [2, 3, 4, 3, 4]


def test_one_that_resumes_again_while_a_frame_is_on_its_way_is_sent_from_there(
    journal: MemoryJournal, threads: Threads
) -> None:
    begun, release = threading.Event(), threading.Event()
    posted: list[int] = []

    class Holding(Connections):
        def __init__(self) -> None: ...

        def post(self, connection_id: str, frame: bytes) -> bool:  # noqa: ARG002
            begun.set()
            posted.append(json.loads(frame)["event"]["seq"])
            return release.wait(10)

    async def scenario() -> None:
        sender = Sender(RUN_ID, EventBuffer(1, partial(threads.run, journal.read, RUN_ID)), journal, Holding(), threads)
        sender.follow({"c1": 3})
        sender.publish(written(journal, 3))
        await asyncio.to_thread(begun.wait, 10)
        sender.follow({"c1": 1})
        release.set()
        assert await sender.drain(5)
        sender.close()

    asyncio.run(scenario())

    assert posted == [4, 2, 3, 4]


def test_who_unsubscribed_is_sent_no_more(journal: MemoryJournal, sent: Sent, begin: Callable[[], Sender]) -> None:
    async def scenario() -> None:
        sender = begin()
        sender.follow({"c1": 1, "c2": 1})
        sender.publish(written(journal, 1))
        await sender.drain(5)
        sender.follow({"c2": 1})
        sender.publish(written(journal, 1))
        await sender.drain(5)
        sender.close()

    asyncio.run(scenario())

    assert (seqs(sent, "c1"), seqs(sent, "c2")) == ([2], [2, 3])


def test_a_gone_connection_is_forgotten_though_an_old_head_names_it(
    journal: MemoryJournal, sent: Sent, gone: set[str], begin: Callable[[], Sender], until: Until
) -> None:
    gone.add("c1")
    journal.subscribe(RUN_ID, "c1", 1)

    async def scenario() -> None:
        sender = begin()
        sender.follow({"c1": 1})
        sender.publish(written(journal, 1))
        await until(lambda: not journal.head(RUN_ID).subscribers)
        gone.clear()
        sender.follow({"c1": 1})
        assert await sender.drain(5)
        sender.close()

    asyncio.run(scenario())

    assert not sent


def test_a_frame_that_did_not_arrive_is_posted_until_it_does_and_nothing_overtakes_it(
    journal: MemoryJournal, sent: Sent, stuck: set[str], begin: Callable[[], Sender]
) -> None:
    stuck.add("c1")

    async def scenario() -> None:
        sender = begin()
        sender.follow({"c1": 1, "c2": 1})
        sender.publish(written(journal, 3))
        assert not await sender.drain(0.05)
        stuck.clear()
        assert await sender.drain(5)
        sender.close()

    asyncio.run(scenario())

    assert (seqs(sent, "c1"), seqs(sent, "c2")) == ([2, 3, 4], [2, 3, 4])


def test_a_send_has_finished_when_the_subscribers_have_it(journal: MemoryJournal, threads: Threads) -> None:
    release = threading.Event()

    class Slow(Connections):
        def __init__(self) -> None: ...

        def post(self, *_: object) -> bool:
            return release.wait(10)

    async def scenario() -> None:
        sender = Sender(RUN_ID, EventBuffer(1, partial(threads.run, journal.read, RUN_ID)), journal, Slow(), threads)
        settled = asyncio.Event()
        sender.on_settled = settled.set
        clock = asyncio.get_running_loop().time
        assert sender.sent_at(clock()) is None

        sender.follow({"c1": 1})
        sender.publish(written(journal, 1))
        published = clock()
        assert sender.sent_at(clock()) == float("inf")

        release.set()
        await settled.wait()
        assert published <= float(sender.sent_at(clock()) or 0) <= clock()
        sender.close()

    asyncio.run(scenario())


def test_a_slow_subscriber_is_waited_for_a_moment_only(
    journal: MemoryJournal, stuck: set[str], begin: Callable[[], Sender]
) -> None:
    stuck.add("c1")

    async def scenario() -> None:
        sender = begin()
        sender.follow({"c1": 1})
        sender.publish(written(journal, 1))
        now = asyncio.get_running_loop().time()
        assert sender.sent_at(now) == float("inf")
        assert sender.sent_at(now + PATIENCE + 0.1) == now + PATIENCE + 0.1

        sender.publish(written(journal, 1))
        assert sender.sent_at(asyncio.get_running_loop().time()) != float("inf"), "it does not count until it has all"
        sender.close()

    asyncio.run(scenario())


def test_a_journal_that_fails_a_newcomer_is_asked_again(
    journal: MemoryJournal, sent: Sent, begin: Callable[[], Sender], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, failures = journal.read, [OSError("no answer")]

    def once_failing(run_id: str, after: int, limit: int) -> list[Event]:
        if failures:
            raise failures.pop()
        return read(run_id, after, limit)

    monkeypatch.setattr(journal, "read", once_failing)

    async def scenario() -> None:
        sender = begin()
        sender.follow({"c1": 0})
        assert await sender.drain(5)
        sender.close()

    asyncio.run(scenario())

    assert seqs(sent) == [1]
