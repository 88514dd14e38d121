"""Events as items: pages, and data that is too large for an item."""

import json
from collections.abc import Callable

import pytest

from contract.events import EventType
from runtime.journal import Journal, NewRun, RunWriter

NewRuns = Callable[[], NewRun]

pytestmark = pytest.mark.dynamodb

INLINE = 300 * 1024
ENVELOPE = len('{"text":""}')


def claimed(journal: Journal, run: NewRun) -> RunWriter:
    journal.accept(run)
    return RunWriter(journal, journal.claim(run.run_id), 1)


def test_a_page_begins_behind_what_was_read(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    writer = claimed(journal, run)
    for number in range(30):
        writer.append(EventType.TEXT, {"text": str(number)})

    pages = {limit: [event.seq for event in journal.read(run.run_id, 5, limit)] for limit in (1, 16, 17, 100)}

    assert pages == {
        1: [6],
        16: list(range(6, 22)),
        17: list(range(6, 23)),
        100: list(range(6, 32)),
    }
    assert journal.read(run.run_id, 31) == journal.read(run.run_id, 31, 5) == []


def test_a_page_is_whole_beyond_what_one_query_reads(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    writer = claimed(journal, run)
    for number in range(8):
        writer.append(EventType.TEXT, {"text": str(number) * (INLINE - ENVELOPE)})

    events = journal.read(run.run_id, after=1)

    assert [event.data["text"][0] for event in events] == list("01234567")
    assert events == journal.read(run.run_id, after=1, limit=16)


@pytest.mark.parametrize(("characters", "stored"), [(INLINE - ENVELOPE, 0), (INLINE - ENVELOPE + 1, 1)])
def test_data_over_300_kb_goes_to_the_payload_store(
    journal: Journal, new_run: NewRuns, payload_bodies: dict[str, bytes], characters: int, stored: int
) -> None:
    run = new_run()
    writer = claimed(journal, run)
    data = {"text": "x" * characters}

    (event,) = writer.append(EventType.TOOL_RESULT, data)

    assert event.data == data
    assert journal.read(run.run_id, after=1) == [event]
    assert [json.loads(body) for body in payload_bodies.values()] == [data] * stored
    assert all(key.startswith(f"runs/{run.run_id}/") for key in payload_bodies)


def test_the_limit_counts_bytes_not_characters(
    journal: Journal, new_run: NewRuns, payload_bodies: dict[str, bytes]
) -> None:
    writer = claimed(journal, new_run())

    writer.append(EventType.TEXT, {"text": "é" * (INLINE // 2)})

    assert len(payload_bodies) == 1


def test_half_a_character_is_replaced(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()

    (event,) = claimed(journal, run).append(EventType.TEXT, {"text": "so \ud83d"})

    assert event.data == {"text": "so ?"}
    assert journal.read(run.run_id, after=1) == [event]


def test_a_writer_that_was_too_late_spoils_no_payload(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    journal.accept(run)
    head = journal.claim(run.run_id)
    first, second = ({"text": letter * (INLINE + 1)} for letter in "ab")

    RunWriter(journal, head, 1).append(EventType.TEXT, first)
    RunWriter(journal, head, 1).append(EventType.TEXT, second)

    assert [event.data for event in journal.read(run.run_id, after=1)] == [first, second]


def test_each_end_of_a_run_is_one_line_of_the_log_with_its_status(
    journal: Journal, new_run: NewRuns, capsys: pytest.CaptureFixture[str]
) -> None:
    finished, closed = new_run(), new_run()
    writer = claimed(journal, finished)
    journal.accept(closed)
    writer.append(EventType.TEXT, {"text": "Hello"})
    writer.finish(EventType.RUN_SUCCEEDED, {"stop_reason": "end_turn"}, {})
    for _ in range(2):
        journal.close(closed.run_id, EventType.RUN_TIMED_OUT, {"code": "TIMED_OUT", "error": "too long"})

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["event"], line["run_id"], line["status"], line["code"]) for line in lines] == [
        ("run.ended", finished.run_id, "SUCCEEDED", None),
        ("run.ended", closed.run_id, "TIMED_OUT", "TIMED_OUT"),
    ]
