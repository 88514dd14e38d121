import asyncio
import threading
from contextvars import ContextVar

import pytest

from runtime.process.threads import Threads

WORD: ContextVar[str] = ContextVar("word", default="")


def test_a_call_runs_beside_the_loop_with_its_callers_context() -> None:
    threads = Threads("test", 1)

    async def scenario() -> tuple[str, str]:
        WORD.set("carried along")
        return await threads.run(lambda: (WORD.get(), threading.current_thread().name))

    word, name = asyncio.run(scenario())
    threads.close()

    assert word == "carried along"
    assert name.startswith("longrun-test")


def test_a_call_that_raises_stop_iteration_does_not_wait_for_ever() -> None:
    threads, empty = Threads("test", 1), iter(())

    async def scenario() -> None:
        async with asyncio.timeout(10):
            await threads.run(next, empty)

    with pytest.raises(RuntimeError, match="raised StopIteration"):
        asyncio.run(scenario())
    threads.close()


def test_a_full_default_pool_does_not_hold_it_up() -> None:
    threads, release = Threads("test", 1), threading.Event()

    async def scenario() -> str:
        blocked = [asyncio.create_task(asyncio.to_thread(release.wait, 10)) for _ in range(64)]
        await asyncio.sleep(0)
        answer = await threads.run(lambda: "through")
        release.set()
        await asyncio.gather(*blocked)
        return answer

    assert asyncio.run(scenario()) == "through"
    threads.close()
