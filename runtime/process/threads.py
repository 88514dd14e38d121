"""Blocking calls outside the event loop."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class ThreadPool(ThreadPoolExecutor):
    """A pool whose calls may raise StopIteration: an asyncio future cannot hold it, so it becomes a RuntimeError, as in
    a coroutine. Whoever awaits the call would wait for ever otherwise."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        return super().submit(_without_stop_iteration(fn), *args, **kwargs)


def _without_stop_iteration(call: Callable[P, R]) -> Callable[P, R]:
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return call(*args, **kwargs)
        except StopIteration as error:
            raise RuntimeError("a call in a thread raised StopIteration") from error

    return run


class Threads:
    """A pool of our own. The loop's default pool is the agent's: there each model stream and each running tool holds a
    thread, and six blocked tools would keep the journal from being written."""

    def __init__(self, name: str, size: int) -> None:
        self._pool = ThreadPool(max_workers=size, thread_name_prefix=f"longrun-{name}")

    async def run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call in a thread and await the result. When the awaiting task is cancelled the call still ends by itself."""
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: context.run(call, *args, **kwargs))

    def close(self) -> None:
        """Accept no more calls; running ones end by themselves."""
        self._pool.shutdown(wait=False)
