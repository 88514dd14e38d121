"""The pace of an answer, on a clock that the test turns."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing

import pytest

from sandbox.sidecar.bedrock.conversation import TextBlock
from sandbox.sidecar.bedrock.pacing import Pace, paced
from sandbox.sidecar.bedrock.replies import Reply, StreamEvent

SentAt = list[tuple[int, list[str]]]


class TurnedClock:
    """A loop's time in which only sleeping and what the test adds takes time."""

    def __init__(self) -> None:
        self.now = 0.0

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> TurnedClock:
    clock = TurnedClock()
    monkeypatch.setattr("sandbox.sidecar.bedrock.pacing.asyncio.get_running_loop", lambda: clock)
    monkeypatch.setattr("sandbox.sidecar.bedrock.pacing.asyncio.sleep", clock.sleep)
    return clock


def _texts(batch: Sequence[StreamEvent]) -> list[str]:
    return [event.body["delta"]["text"] for event in batch if event.tokens]


async def _sent(text: str, pace: Pace, clock: TurnedClock, delay: Callable[[int], float]) -> SentAt:
    sent: SentAt = []
    async with aclosing(paced(Reply.of([TextBlock(text)]).events(), pace)) as batches:
        async for batch in batches:
            sent.append((round(clock.now * 1000), _texts(batch)))
            clock.now += delay(len(sent))
    return sent


def _run(sent: Awaitable[SentAt]) -> SentAt:
    async def awaited() -> SentAt:
        return await sent

    with asyncio.Runner() as runner:
        return runner.run(awaited())


def test_each_token_comes_at_its_time(clock: TurnedClock) -> None:
    sent = _run(_sent("one two three", Pace(50, 20), clock, lambda _: 0.0))

    assert sent == [(0, []), (50, ["one"]), (70, [" two"]), (90, [" three"])]


def test_slow_sending_does_not_shift_the_tokens_that_follow(clock: TurnedClock) -> None:
    sent = _run(_sent("one two three four five six", Pace(50, 20), clock, lambda batch: 0.045 if batch == 2 else 0.0))

    assert sent == [
        (0, []),
        (50, ["one"]),
        (95, [" two", " three"]),
        (110, [" four"]),
        (130, [" five"]),
        (150, [" six"]),
    ]


def test_without_a_pace_all_comes_at_once(clock: TurnedClock) -> None:
    sent = _run(_sent("one two three", Pace(0, 0), clock, lambda _: 0.0))

    assert sent == [(0, ["one", " two", " three"])]
