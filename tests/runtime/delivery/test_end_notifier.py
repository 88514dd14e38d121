from collections.abc import Iterator
from typing import Any

import pytest

from contract.events import Event, EventType
from runtime.delivery.connections import Connections
from runtime.delivery.end_notifier import EndNotifier
from runtime.journal import Journal, NewRun

Sent = list[tuple[str, dict[str, Any]]]
LOST = {"code": "AGENT_LOST", "error": "Agent explorer gave no sign of life."}


def _event(seq: int, kind: EventType = EventType.TEXT, data: dict[str, Any] | None = None) -> Event:
    return Event("r", seq, kind, "2026-11-01T00:00:00.000Z", data or {"text": "x"})


EVENTS = [_event(3), _event(4), _event(5, EventType.RUN_FAILED, LOST)]


def _told(sent: Sent, connection_id: str) -> list[object]:
    return [
        frame["event"]["seq"] if frame["type"] == "event" else frame["code"]
        for to, frame in sent
        if to == connection_id
    ]


def test_each_follower_gets_what_it_has_not_and_the_end(connections: Connections, sent: Sent) -> None:
    EndNotifier(connections).send({"c1": 0, "c2": 3, "c3": 9}, EVENTS)

    assert _told(sent, "c1") == [3, 4, "AGENT_LOST", 5]
    assert _told(sent, "c2") == [4, "AGENT_LOST", 5]
    assert _told(sent, "c3") == ["AGENT_LOST", 5]


def test_an_end_without_a_code_is_no_error(connections: Connections, sent: Sent) -> None:
    EndNotifier(connections).send({"c1": 0}, [_event(1, EventType.RUN_CANCELLED, {"error": "cancelled"})])

    assert _told(sent, "c1") == [1]


def test_a_follower_that_is_gone_or_takes_nothing_does_not_keep_the_others_from_theirs(
    connections: Connections, sent: Sent, gone: set[str], stuck: set[str]
) -> None:
    gone.add("c1")
    stuck.add("c2")

    EndNotifier(connections).send({"c1": 0, "c2": 0, "c3": 4}, EVENTS)

    assert {to for to, _ in sent} == {"c3"}
    assert _told(sent, "c3") == ["AGENT_LOST", 5]


def test_followers_are_told_for_ten_seconds_at_most(connections: Connections, sent: Sent) -> None:
    def ticks() -> Iterator[float]:
        for tick in range(100):
            yield 3.0 * tick

    time = ticks()

    EndNotifier(connections, clock=lambda: next(time)).send({"c1": 0, "c2": 0}, EVENTS)

    assert _told(sent, "c1") == [3, 4]
    assert _told(sent, "c2") == []


def _lost(journal: Journal) -> Event:
    """The end of a run with forty events before it and two subscribers."""
    journal.accept(NewRun("r", "s", "jo", "a", "Why?", "c1", 1e12))
    journal.claim("r")
    journal.subscribe("r", "c2", 0)
    for _ in range(39):
        journal.append("r", EventType.TEXT, {"text": "x"})
    final = journal.close("r", EventType.RUN_FAILED, LOST)
    assert final is not None
    return final


def test_all_that_was_not_sent_is_read_in_pages(connections: Connections, sent: Sent, memory_journal: Journal) -> None:
    EndNotifier(connections).publish(memory_journal, _lost(memory_journal))

    assert _told(sent, "c1") == _told(sent, "c2") == [*range(1, 41), "AGENT_LOST", 41]
    assert memory_journal.head("r").subscribers == {}


@pytest.mark.parametrize("slow", ["release", "read"])
def test_the_time_of_the_journal_counts_too(
    connections: Connections, sent: Sent, memory_journal: Journal, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    final = _lost(memory_journal)
    now = [0.0]
    quick = getattr(memory_journal, slow)

    def take_six_seconds(*arguments: Any, **named: Any) -> object:  # noqa: ANN401  those of the journal
        now[0] += 6 if slow == "read" else 11
        return quick(*arguments, **named)

    monkeypatch.setattr(memory_journal, slow, take_six_seconds)

    EndNotifier(connections, clock=lambda: now[0]).publish(memory_journal, final)

    assert sent == []
    assert now[0] <= 12, "it reads on after the end of its time"


def test_a_journal_that_cannot_be_read_leaves_the_end(
    connections: Connections, sent: Sent, memory_journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    final = _lost(memory_journal)

    def unreadable(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(memory_journal, "read", unreadable)

    EndNotifier(connections).publish(memory_journal, final)

    assert _told(sent, "c1") == _told(sent, "c2") == ["AGENT_LOST", 41]
