"""Ends the wait for a chunk of a model when the run is cancelled: most models see the signal only between chunks."""

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from typing import Final

from strands.types.streaming import StreamEvent

_POLL_SECONDS: Final = 0.05
"""A threading.Event cannot be awaited. Strands' Bedrock model looks at the signal as often."""

GRACE_SECONDS: Final = 0.5
"""For a model that heeds the signal itself: it closes its connection in an order of its own."""


async def until_cancelled(
    chunks: AsyncIterable[StreamEvent], signal: threading.Event
) -> AsyncGenerator[StreamEvent, None]:
    """The chunks; their end if none comes for GRACE_SECONDS after the signal was set."""
    wait = _Wait(aiter(chunks), signal)
    watching = asyncio.create_task(wait.interrupt())
    try:
        while True:
            try:
                chunk = await wait.next()
            except (StopAsyncIteration, _Interrupted):
                return
            yield chunk
    finally:
        watching.cancel()


class _Interrupted(Exception):  # noqa: N818  no error: the run was cancelled
    """No chunk came after the signal."""


class _Wait:
    """The wait for one chunk after another."""

    def __init__(self, chunks: AsyncIterator[StreamEvent], signal: threading.Event) -> None:
        self._chunks = chunks
        self._signal = signal
        self._scope: asyncio.Timeout | None = None

    async def next(self) -> StreamEvent:
        try:
            async with asyncio.timeout(None) as scope:
                self._scope = scope
                return await anext(self._chunks)
        except TimeoutError as error:
            if scope.expired():
                raise _Interrupted from error
            raise
        finally:
            self._scope = None

    async def interrupt(self) -> None:
        while not self._signal.is_set():  # noqa: ASYNC110  set by other threads
            await asyncio.sleep(_POLL_SECONDS)
        await asyncio.sleep(GRACE_SECONDS)
        while True:
            if self._scope is not None and not self._scope.expired():
                self._scope.reschedule(asyncio.get_running_loop().time())
            await asyncio.sleep(_POLL_SECONDS)
