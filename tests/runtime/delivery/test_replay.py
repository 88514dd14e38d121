from typing import Any

import pytest

from contract.errors import ErrorCode, RunError
from contract.events import EventType
from runtime.delivery.connections import Connections
from runtime.delivery.replay import Replay
from runtime.journal import Journal, NewRun

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
Sent = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def replay(memory_journal: Journal, connections: Connections) -> Replay:
    """Of a run with 250 events: more than two pages."""
    memory_journal.accept(NewRun(RUN_ID, "s", "jo", "a", "Why?", None, 1e12))
    for _ in range(248):
        memory_journal.add(RUN_ID, EventType.TEXT, {"text": "x"})  # type: ignore[attr-defined]
    memory_journal.close(RUN_ID, EventType.RUN_SUCCEEDED, {})
    return Replay(memory_journal, connections)


def _seqs(sent: Sent) -> list[int]:
    return [frame["event"]["seq"] for _, frame in sent]


def test_all_pages_are_sent_in_order(replay: Replay, sent: Sent) -> None:
    replay.send("c1", RUN_ID, 0, lambda: True)

    assert _seqs(sent) == list(range(1, 251))


def test_only_what_follows_is_sent(replay: Replay, sent: Sent) -> None:
    replay.send("c1", RUN_ID, 248, lambda: True)

    assert _seqs(sent) == [249, 250]


@pytest.mark.parametrize("after", [250, 9_999_999_999])
def test_who_asks_for_what_follows_the_end_is_sent_the_end(replay: Replay, sent: Sent, after: int) -> None:
    replay.send("c1", RUN_ID, after, lambda: True)

    assert _seqs(sent) == [250]


def test_a_connection_that_is_gone_ends_the_replay(replay: Replay, sent: Sent, gone: set[str]) -> None:
    gone.add("c1")

    replay.send("c1", RUN_ID, 0, lambda: True)

    assert sent == []


def test_a_replay_that_runs_out_of_time_says_from_where_to_resume(replay: Replay, sent: Sent) -> None:
    with pytest.raises(RunError, match="stopped after event 30; send resume with after=30") as caught:
        replay.send("c1", RUN_ID, 0, lambda: len(sent) < 30)

    assert (caught.value.code, caught.value.run_id) == (ErrorCode.THROTTLED, RUN_ID)
    assert _seqs(sent) == list(range(1, 31))


def test_a_socket_that_takes_no_more_is_told_from_where_to_resume(replay: Replay, sent: Sent, stuck: set[str]) -> None:
    def has_time() -> bool:
        if len(sent) == 20:
            stuck.add("c1")
        return True

    with pytest.raises(RunError, match="after=20"):
        replay.send("c1", RUN_ID, 0, has_time)
