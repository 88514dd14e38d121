import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from contract.events import EventType
from runtime.http.streaming.event_stream import EventStream, StreamLog
from tests.runtime.http.streaming.endpoint import RUN_ID, messages, seqs
from tests.runtime.memory_journal import MemoryJournal


class PlayedTime:
    """A clock and threads for a stream: each wait passes at once, and `then` happens at the moments given."""

    def __init__(self, then: dict[float, Callable[[], object]] | None = None) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        self._then = sorted((then or {}).items())

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        while self._then and self._then[0][0] <= self.now:
            self._then.pop(0)[1]()

    async def run(self, call: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401  as Threads
        return call(*arguments)


@pytest.fixture
def journal() -> MemoryJournal:
    made = MemoryJournal()
    made.add(RUN_ID, EventType.RUN_ACCEPTED, {})
    return made


def stream(
    journal: MemoryJournal,
    time: PlayedTime,
    monkeypatch: pytest.MonkeyPatch,
    after: int = 0,
    seconds: float = 60.0,
) -> tuple[list[bytes], StreamLog]:
    monkeypatch.setattr("runtime.http.streaming.event_stream.asyncio.sleep", time.sleep)
    threads: Any = time
    sent = StreamLog()

    async def collect() -> list[bytes]:
        made = EventStream(journal, threads, clock=time)
        return [chunk async for chunk in made.chunks(RUN_ID, after, seconds, sent)]

    return asyncio.run(collect()), sent


def say(journal: MemoryJournal, count: int = 1) -> None:
    for _ in range(count):
        journal.add(RUN_ID, EventType.TEXT, {"text": "word "})


def test_a_silent_run_gets_a_comment_every_fifteen_seconds(
    journal: MemoryJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = PlayedTime()

    chunks, sent = stream(journal, time, monkeypatch)

    assert chunks[0] == b"retry: 1000\n\n"
    assert seqs(chunks[1].decode()) == [1]
    assert chunks[2:] == [b": keep-alive\n\n"] * 3
    assert sent == StreamLog(1, "bound")
    assert time.now == pytest.approx(60.0)


def test_an_event_puts_the_next_comment_off(journal: MemoryJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    time = PlayedTime({14.0: lambda: say(journal)})

    chunks, _ = stream(journal, time, monkeypatch, seconds=28.0)

    assert [bool(messages(chunk.decode())) for chunk in chunks[1:]] == [True, True]


def test_polls_are_quick_while_events_come_and_slow_while_none_do(
    journal: MemoryJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = PlayedTime({55.0: lambda: say(journal)})

    stream(journal, time, monkeypatch)

    slowest = time.waits.index(0.5)
    assert time.waits[0] == 0.02
    assert time.waits[:slowest] == sorted(time.waits[:slowest])
    assert time.waits[slowest:].count(0.02) > 50
    assert len(time.waits) < 1_000


def test_nobody_waits_for_an_event_longer_than_a_hundredth_of_its_silence(
    journal: MemoryJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = PlayedTime()

    stream(journal, time, monkeypatch, seconds=40.0)

    silence = 0.0
    for wait in time.waits:
        assert wait <= max(0.02, silence / 100) + 1e-9
        silence += wait


def test_each_poll_is_one_read_of_constant_size_once_the_reader_is_up_to_date(
    journal: MemoryJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(journal, 250)
    limits: list[int] = []
    read = journal.read

    def counted(run_id: str, after: int, limit: int) -> object:
        limits.append(limit)
        return read(run_id, after, limit)

    monkeypatch.setattr(journal, "read", counted)
    time = PlayedTime({1.0: lambda: say(journal, 5), 2.0: lambda: journal.add(RUN_ID, EventType.RUN_SUCCEEDED, {})})

    chunks, sent = stream(journal, time, monkeypatch)

    assert seqs(b"".join(chunks).decode()) == list(range(1, 258))
    assert sent == StreamLog(257, "final")
    assert limits[:3] == [100, 100, 100]
    assert limits.count(100) == 4, "three pages at the start, and one for the five that came at once"
    assert set(limits[3:]) == {2, 100}


def test_the_stream_goes_on_from_any_number(journal: MemoryJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    say(journal, 9)
    journal.add(RUN_ID, EventType.RUN_SUCCEEDED, {})

    for after in range(10):
        chunks, _ = stream(journal, PlayedTime(), monkeypatch, after)
        assert seqs(b"".join(chunks).decode()) == list(range(after + 1, 12))


def test_a_large_event_is_cut_as_in_a_frame(journal: MemoryJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.add(RUN_ID, EventType.TOOL_RESULT, {"name": "report", "content": "é\n" * 100_000})

    chunks, _ = stream(journal, PlayedTime(), monkeypatch, 1, seconds=1.0)

    (message,) = messages(chunks[1].decode())
    assert message.data["data"]["truncated"] is True
    assert len(chunks[1]) < 33_000


def test_a_read_that_fails_is_tried_again(
    journal: MemoryJournal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say(journal)
    read, failures = journal.read, [ConnectionError("reset")] * 4

    def unsure(*arguments: Any) -> object:  # noqa: ANN401  as the journal's
        if failures:
            raise failures.pop()
        return read(*arguments)

    monkeypatch.setattr(journal, "read", unsure)

    chunks, sent = stream(journal, PlayedTime(), monkeypatch, seconds=5.0)

    assert seqs(b"".join(chunks).decode()) == [1, 2]
    assert sent.end == "bound"
    assert capsys.readouterr().out.count("streaming.not_read") == 4


def test_a_journal_that_cannot_be_read_ends_the_response_cleanly(
    journal: MemoryJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ConnectionError("reset")

    monkeypatch.setattr(journal, "read", fail)

    chunks, sent = stream(journal, PlayedTime(), monkeypatch)

    assert chunks == [b"retry: 1000\n\n"]
    assert sent == StreamLog(0, "failed")
