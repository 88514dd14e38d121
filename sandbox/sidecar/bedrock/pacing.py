"""Sends an answer at a given pace."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.sidecar.bedrock.replies import Events, StreamEvent


@dataclass(frozen=True, slots=True)
class Pace:
    """Milliseconds until the first token, and between one token and the next."""

    first_token_ms: float = 50.0
    token_ms: float = 20.0

    def slower(self, factor: float) -> "Pace":
        return Pace(self.first_token_ms * factor, self.token_ms * factor)

    def later(self, delay_ms: float) -> "Pace":
        return Pace(self.first_token_ms + delay_ms, self.token_ms)


async def paced(events: Iterable[StreamEvent], pace: Pace) -> Events:
    """Yields the events in batches, each when it is due.

    A token's time is counted from the start and not from the previous token, so delays do not add up. A late sender
    yields all due events at once, which keeps many concurrent streams cheap.
    """
    clock = asyncio.get_running_loop().time
    start = clock() + pace.first_token_ms / 1000
    batch: list[StreamEvent] = []
    sent = 0
    for event in events:
        if event.tokens:
            due = start + sent * pace.token_ms / 1000
            if due > clock():
                yield batch
                batch = []
                await asyncio.sleep(due - clock())
            sent += event.tokens
        batch.append(event)
    yield batch
