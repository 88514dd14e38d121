"""Processes that write the events of a run without a worker bring its subscribers up to date, one at a time."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from contract.events import EventType
from runtime.delivery.connections import Connections, NotDeliveredError
from runtime.delivery.turns import LEASE_SECONDS, TurnDelivery
from runtime.journal import Journal, NewRun

pytestmark = pytest.mark.dynamodb

NewRuns = Callable[[], NewRun]
Sent = list[tuple[str, dict[str, Any]]]
WORKFLOW = "arn:aws:states:us-east-1:000000000000:execution:agent-sm:0199"


@pytest.fixture
def run_id(journal: Journal, new_run: NewRuns) -> str:
    """A workflow's run that connection c1 follows, with three events."""
    run = replace(new_run(), connection_id="c1", workflow=WORKFLOW)
    journal.accept(run)
    for number in range(2):
        journal.append(run.run_id, EventType.TEXT, {"text": str(number)})
    return run.run_id


def numbers(sent: Sent, connection_id: str = "c1") -> list[int]:
    return [frame["event"]["seq"] for to, frame in sent if to == connection_id and frame["type"] == "event"]


def test_each_subscriber_gets_what_it_lacks_in_order(
    journal: Journal, run_id: str, connections: Connections, sent: Sent
) -> None:
    journal.subscribe(run_id, "c2", 2)
    turns = TurnDelivery(journal, connections)

    assert turns.deliver(run_id)
    journal.append(run_id, EventType.TEXT, {"text": "more"})
    assert turns.deliver(run_id)

    assert numbers(sent) == [1, 2, 3, 4]
    assert numbers(sent, "c2") == [3, 4]
    assert journal.head(run_id).subscribers == {"c1": 4, "c2": 4}


def test_a_subscriber_that_is_gone_is_forgotten_and_a_slow_one_is_served_later(
    journal: Journal, run_id: str, connections: Connections, sent: Sent, gone: set[str], stuck: set[str]
) -> None:
    journal.subscribe(run_id, "c2", 0)
    gone.add("c1")
    stuck.add("c2")
    turns = TurnDelivery(journal, connections)

    turns.deliver(run_id)
    assert journal.head(run_id).subscribers == {"c2": 0}
    stuck.clear()
    turns.deliver(run_id)

    assert numbers(sent, "c2") == [1, 2, 3]


def test_while_one_posts_no_other_does_and_its_news_is_posted_too(journal: Journal, run_id: str, sent: Sent) -> None:
    posting, may_go_on = threading.Event(), threading.Event()

    class Slow(Connections):
        def __init__(self) -> None:
            """Needs no client."""

        def post(self, connection_id: str, frame: bytes) -> bool:
            posting.set()
            assert may_go_on.wait(10)
            sent.append((connection_id, json.loads(frame)))
            return True

    turns = TurnDelivery(journal, Slow())
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(turns.deliver, run_id)
        assert posting.wait(10)
        journal.append(run_id, EventType.TEXT, {"text": "meanwhile"})
        assert not turns.deliver(run_id)
        may_go_on.set()
        assert first.result(10)

    assert numbers(sent) == [1, 2, 3, 4]


def test_many_writers_deliver_without_gap_or_repeat(
    journal: Journal, run_id: str, connections: Connections, sent: Sent
) -> None:
    def write(number: int) -> None:
        journal.append(run_id, EventType.TOOL_PROGRESS, {"text": str(number)})
        TurnDelivery(journal, connections).deliver(run_id)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(24)))

    assert numbers(sent) == list(range(1, 28))


def test_after_a_process_that_died_the_next_delivers(
    journal: Journal, run_id: str, connections: Connections, sent: Sent, advance: Callable[[float], None]
) -> None:
    assert journal.deliveries.start(run_id, "dead", LEASE_SECONDS) is not None
    turns = TurnDelivery(journal, connections)
    assert not turns.deliver(run_id)

    advance(LEASE_SECONDS + 1)

    assert turns.deliver(run_id)
    assert numbers(sent) == [1, 2, 3]


def test_the_final_event_releases_the_subscribers(
    journal: Journal, run_id: str, connections: Connections, sent: Sent
) -> None:
    journal.close(run_id, EventType.RUN_SUCCEEDED, {"stop_reason": "end_turn"})

    TurnDelivery(journal, connections).deliver(run_id)

    assert numbers(sent) == [1, 2, 3, 4]
    assert journal.head(run_id).subscribers == {}


def test_a_subscriber_that_asks_again_meanwhile_gets_what_it_asked_for(journal: Journal, run_id: str) -> None:
    got: list[int] = []

    class AskingAgain(Connections):
        def __init__(self) -> None:
            """Needs no client."""

        def post(self, connection_id: str, frame: bytes) -> bool:
            if not got:
                journal.subscribe(run_id, connection_id, 1)
            got.append(json.loads(frame)["event"]["seq"])
            return True

    TurnDelivery(journal, AskingAgain()).deliver(run_id)

    assert got == [1, 2, 3, 2, 3]


def test_a_socket_that_takes_nothing_does_not_keep_the_process(journal: Journal, run_id: str) -> None:
    class Stuck(Connections):
        def __init__(self) -> None:
            """Needs no client."""

        def post(self, connection_id: str, frame: bytes) -> bool:  # noqa: ARG002
            raise NotDeliveredError(connection_id, "its buffer is full")

    assert TurnDelivery(journal, Stuck()).deliver(run_id)
    assert journal.head(run_id).delivery_until == 0.0
