"""Heartbeats to the state that waits for a tool call. One that is rejected ends the call: nobody waits any more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Protocol

from runtime.process.logs import log


class Beating(Protocol):
    """Sends heartbeats: runtime.process.task_tokens.TaskTokens."""

    def beat(self, token: str) -> bool: ...


@contextmanager
def heartbeats(tokens: Beating, token: str, seconds: float, over: Callable[[], None]) -> Iterator[None]:
    """Sends a heartbeat at once and then every `seconds`, in a thread, until the block ends; calls `over` once where
    the state has ended."""
    ended = Event()

    def run() -> None:
        while True:
            try:
                if not tokens.beat(token):
                    over()
                    return
            except Exception:
                log("tool_task.heartbeat_lost", level="WARNING", exc_info=True)  # the next one may arrive
            if ended.wait(seconds):
                return

    thread = Thread(target=run, name="longrun-heartbeats", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(seconds)
