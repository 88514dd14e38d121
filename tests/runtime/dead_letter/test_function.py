import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contract.events import EventType, Status
from runtime.dead_letter.function import DeadLetterHandler, handler
from runtime.delivery.connections import Connections
from runtime.journal import Journal, NewRun

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
OTHER_ID = "01926e3c-7c1a-7d00-8000-0123456789ac"
Sent = list[tuple[str, dict[str, Any]]]


def _record(payload: object, message_id: str = "m1") -> dict[str, Any]:
    """An SQS record as Lambda's failure destination writes it."""
    body = {
        "version": "1.0",
        "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 1},
        "requestPayload": payload,
        "responsePayload": {"errorType": "Sandbox.Timedout"},
    }
    return {"messageId": message_id, "body": json.dumps(body)}


@pytest.fixture
def journal(memory_journal: Journal) -> Journal:
    """Holds a run that its worker has begun, followed by two connections."""
    memory_journal.accept(NewRun(RUN_ID, "s", "jo", "a", "Why?", "c1", 1e12))
    memory_journal.claim(RUN_ID)
    memory_journal.subscribe(RUN_ID, "c2", 0)
    return memory_journal


@pytest.fixture
def while_waiting() -> list[Callable[[], object]]:
    """What happens while the handler waits for a heartbeat."""
    return []


@pytest.fixture
def close(
    monkeypatch: pytest.MonkeyPatch,
    journal: Journal,
    connections: Connections,
    while_waiting: list[Callable[[], object]],
) -> Callable[..., dict[str, list[dict[str, str]]]]:
    def wait(_seconds: float) -> None:
        for happen in while_waiting:
            happen()

    monkeypatch.setattr(handler, "service", DeadLetterHandler(journal, connections, sleep=wait))
    return lambda *records: handler({"Records": list(records)}, None)


Close = Callable[..., dict[str, list[dict[str, str]]]]
NOTHING_TO_REPEAT: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}


def test_the_run_of_a_dead_worker_ends_as_lost(close: Close, journal: Journal) -> None:
    assert close(_record({"run_id": RUN_ID})) == NOTHING_TO_REPEAT

    head = journal.head(RUN_ID)
    assert (head.status, (head.error or {})["code"]) == (Status.FAILED, "AGENT_LOST")
    assert [event.type for event in journal.read(RUN_ID)] == [EventType.RUN_ACCEPTED, EventType.RUN_FAILED]


def test_the_tool_that_ran_when_the_worker_died_is_named(close: Close, journal: Journal) -> None:
    journal.append(RUN_ID, EventType.TOOL_CALL, {"tool_use_id": "1", "name": "crash", "input": {}})

    close(_record({"run_id": RUN_ID}))

    error = (journal.head(RUN_ID).error or {})["error"]
    assert error.startswith(
        "The worker of this run ended without finishing it, with its tool crash called and without a result; start"
    )


def test_the_error_that_lambda_gives_is_in_the_message_without_secrets(close: Close, journal: Journal) -> None:
    body = {
        "requestPayload": {"run_id": RUN_ID},
        "responsePayload": {"errorType": "Runtime.ExitError", "errorMessage": "password=hunter2 was wrong."},
    }

    close({"messageId": "m1", "body": json.dumps(body)})

    error = (journal.head(RUN_ID).error or {})["error"]
    assert error.startswith(
        "The worker of this run ended without finishing it (Runtime.ExitError: password=*** was wrong); start"
    )


def told(sent: Sent, connection_id: str) -> list[object]:
    """Numbers of events and codes of errors, in the order in which they were posted."""
    frames = [frame for to, frame in sent if to == connection_id]
    return [frame["event"]["seq"] if frame["type"] == "event" else frame["code"] for frame in frames]


def test_every_subscriber_of_a_worker_that_died_at_its_claim_gets_all_events_and_the_end(
    close: Close, sent: Sent
) -> None:
    close(_record({"run_id": RUN_ID}))

    assert told(sent, "c1") == told(sent, "c2") == [1, "AGENT_LOST", 2]
    (_, accepted), (_, error), (_, ending) = sent[:3]
    assert accepted["event"]["type"] == "RUN_ACCEPTED"
    assert (error["type"], error["code"], error["run_id"]) == ("error", "AGENT_LOST", RUN_ID)
    assert (ending["event"]["type"], ending["event"]["seq"]) == ("RUN_FAILED", 2)


def test_a_worker_that_died_at_its_claim_long_after_the_request_has_sent_nothing_either(
    close: Close, journal: Journal, sent: Sent
) -> None:
    age(journal, 1)
    journal.append(RUN_ID, EventType.CANCEL_REQUESTED, {})

    close(_record({"run_id": RUN_ID}))

    assert told(sent, "c1") == told(sent, "c2") == [1, 2, "AGENT_LOST", 3]


def test_a_worker_that_lived_has_sent_what_it_wrote_before_its_last_heartbeat(
    close: Close, journal: Journal, sent: Sent
) -> None:
    for text in ("sent", "sent too"):
        journal.append(RUN_ID, EventType.TEXT, {"text": text})
    age(journal, 3)
    journal.heartbeat(RUN_ID, 1)
    for text in ("not sent", "nor this"):
        journal.append(RUN_ID, EventType.TEXT, {"text": text})
    journal.subscribe(RUN_ID, "c3", 4)

    close(_record({"run_id": RUN_ID}))

    assert told(sent, "c1") == [4, 5, "AGENT_LOST", 6]
    assert told(sent, "c3") == [5, "AGENT_LOST", 6]


def age(journal: Journal, count: int) -> None:
    """The first events were written long ago."""
    events = journal.events[RUN_ID]  # type: ignore[attr-defined]
    events[:count] = [replace(event, at="2026-11-01T00:00:00.000Z") for event in events[:count]]


def test_a_run_that_was_ended_for_its_worker_has_no_subscribers_left(close: Close, journal: Journal) -> None:
    close(_record({"run_id": RUN_ID}))

    assert journal.head(RUN_ID).subscribers == {}, "a worker that is revived would send them the end again"


def test_a_subscriber_that_takes_no_frame_does_not_keep_the_others_from_theirs(
    close: Close, sent: Sent, stuck: set[str]
) -> None:
    stuck.add("c1")

    assert close(_record({"run_id": RUN_ID})) == NOTHING_TO_REPEAT
    assert told(sent, "c1") == []
    assert told(sent, "c2") == [1, "AGENT_LOST", 2]


def test_the_bare_payload_of_a_dead_letter_queue_is_understood(close: Close, journal: Journal) -> None:
    close({"messageId": "m1", "body": json.dumps({"run_id": RUN_ID})})

    assert journal.head(RUN_ID).status is Status.FAILED


def test_a_run_whose_other_worker_shows_itself_lives_on(
    close: Close, journal: Journal, sent: Sent, while_waiting: list[Callable[[], object]]
) -> None:
    while_waiting.append(lambda: journal.heartbeat(RUN_ID, 1))

    assert close(_record({"run_id": RUN_ID})) == NOTHING_TO_REPEAT
    assert journal.head(RUN_ID).status is Status.RUNNING
    assert sent == []


def test_a_run_that_has_ended_stays_as_it_is(close: Close, journal: Journal, sent: Sent) -> None:
    journal.close(RUN_ID, EventType.RUN_SUCCEEDED, {})

    assert close(_record({"run_id": RUN_ID})) == NOTHING_TO_REPEAT
    assert journal.head(RUN_ID).status is Status.SUCCEEDED
    assert sent == []


def test_a_run_that_ends_meanwhile_is_not_told_twice(
    close: Close, journal: Journal, sent: Sent, while_waiting: list[Callable[[], object]]
) -> None:
    while_waiting.append(lambda: journal.close(RUN_ID, EventType.RUN_SUCCEEDED, {}))

    close(_record({"run_id": RUN_ID}))

    assert journal.head(RUN_ID).status is Status.SUCCEEDED
    assert sent == []


@pytest.mark.parametrize("payload", [{"warm": True}, {"run_id": OTHER_ID}, {"run_id": 7}, [], "x", None])
def test_a_record_without_a_known_run_is_let_go(close: Close, payload: object) -> None:
    assert close(_record(payload)) == NOTHING_TO_REPEAT


@pytest.mark.parametrize("body", ["", "{", "[]", "7"])
def test_a_body_that_is_no_record_is_let_go(close: Close, body: str) -> None:
    assert close({"messageId": "m1", "body": body}) == NOTHING_TO_REPEAT


def test_only_the_records_that_failed_are_asked_for_again(
    close: Close, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.accept(NewRun(OTHER_ID, "s2", "jo", "a", "Why?", None, 1e12))
    close_run = journal.close

    def fail_for_other(run_id: str, *arguments: Any, **named: Any) -> object:  # noqa: ANN401  those of close
        if run_id == OTHER_ID:
            raise OSError("the table is away")
        return close_run(run_id, *arguments, **named)

    monkeypatch.setattr(journal, "close", fail_for_other)

    answer = close(_record({"run_id": OTHER_ID}, "m1"), _record({"run_id": RUN_ID}, "m2"))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert journal.head(RUN_ID).status is Status.FAILED


def test_a_journal_that_is_away_leaves_the_record_for_later(
    close: Close, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_run_id: str) -> None:
        raise OSError("the table is away")

    monkeypatch.setattr(journal, "head", away)

    assert close(_record({"run_id": RUN_ID})) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
