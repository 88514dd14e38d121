"""Stand-ins for what lies behind the handlers, where those are not under test: the journal's table and the sockets."""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from runtime.delivery.connections import Connections, NotDeliveredError
from runtime.journal import Journal
from tests.runtime.collector import Collector
from tests.runtime.journal_table import (  # noqa: F401  fixtures for all folders below, so that one server serves them
    advance,
    clock,
    dynamodb,
    dynamodb_endpoint,
    journal,
    journal_over,
    new_run,
    payload_bodies,
    unreliable,
)
from tests.runtime.memory_journal import MemoryJournal
from tests.runtime.stage import Stage

Sent = list[tuple[str, dict[str, Any]]]


@pytest.fixture(autouse=True)
def _root_logger() -> Iterator[None]:
    """Processes send the lines of libraries to their log; the next test's log has none of these."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


class RecordingConnections(Connections):
    """Keeps what is posted; connections in `gone` are gone, those in `stuck` take nothing now."""

    def __init__(self, sent: Sent, gone: set[str], stuck: set[str]) -> None:
        self._sent = sent
        self._gone = gone
        self._stuck = stuck

    def post(self, connection_id: str, frame: bytes) -> bool:
        if connection_id in self._stuck:
            raise NotDeliveredError(connection_id, "its buffer is full")
        if connection_id in self._gone:
            return False
        self._sent.append((connection_id, json.loads(frame)))
        return True


@pytest.fixture
def memory_journal() -> Journal:
    return MemoryJournal()


@pytest.fixture
def sent() -> Sent:
    """The frames posted, each with its connection."""
    return []


@pytest.fixture
def gone() -> set[str]:
    """Connections that are gone."""
    return set()


@pytest.fixture
def stuck() -> set[str]:
    """Connections that take no frame."""
    return set()


@pytest.fixture
def connections(sent: Sent, gone: set[str], stuck: set[str]) -> Connections:
    return RecordingConnections(sent, gone, stuck)


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Takes spans on a free port."""
    made = Collector()
    yield made
    made.close()


@pytest.fixture
def stage(connections: Connections) -> Iterator[Stage]:
    made = Stage(MemoryJournal(), connections)
    yield made
    made.threads.close()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], Coroutine[Any, Any, None]]:
    """Awaits a condition on the event loop, for ten seconds at most."""

    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110  what is waited for may happen in a thread
                await asyncio.sleep(0.001)

    return wait
