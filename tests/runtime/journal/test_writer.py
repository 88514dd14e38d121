"""The worker's pen: what it returns, and when it stops."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from contract.errors import ErrorCode, RunError
from contract.events import Event, EventType, Status
from runtime.journal import Journal, LostEpoch, NewRun, RunEnded, RunWriter

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.dynamodb

NewRuns = Callable[[], NewRun]
TEXT = {"text": "1,794"}


def claimed(journal: Journal, run: NewRun) -> RunWriter:
    journal.accept(run)
    return RunWriter(journal, journal.claim(run.run_id), 1)


def kinds(events: list[Event]) -> list[str]:
    return [event.type.value for event in events]


def test_append_returns_what_the_journal_holds(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    writer = claimed(journal, run)

    (event,) = writer.append(EventType.TOOL_CALL, {"input": {"sql": "SELECT 'é'", "limits": [1, 2.5, None, True]}})

    assert event == journal.latest(run.run_id)[1]
    assert (event.seq, writer.seq) == (2, 2)


def test_events_of_others_come_first(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    writer = claimed(journal, run)
    journal.request_cancel(run.run_id)

    events = writer.append(EventType.TEXT, TEXT)

    assert [(event.seq, event.type.value) for event in events] == [(2, "CANCEL_REQUESTED"), (3, "TEXT")]
    assert kinds(writer.finish(EventType.RUN_CANCELLED, {}, {})) == ["RUN_CANCELLED"]


def test_an_event_that_must_follow_is_not_written_after_those_of_others(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    writer = claimed(journal, run)

    assert writer.append_next(EventType.TEXT, TEXT)
    journal.request_cancel(run.run_id)
    assert not writer.append_next(EventType.TEXT, TEXT)

    assert writer.seq == 2
    assert kinds(journal.read(run.run_id, 1)) == ["TEXT", "CANCEL_REQUESTED"]
    assert kinds(writer.append(EventType.TEXT, TEXT)) == ["CANCEL_REQUESTED", "TEXT"]


def test_a_writer_that_knows_little_reads_on_to_the_end(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    writer = claimed(journal, run)
    for number in range(40):
        writer.append(EventType.TEXT, {"text": str(number)})

    events = RunWriter(journal, journal.head(run.run_id), 1).append(EventType.USAGE, {})

    assert [event.seq for event in events] == list(range(2, 43))
    assert kinds(events)[-1] == "USAGE"


def test_finish_writes_end_status_and_usage_together(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    writer = claimed(journal, run)
    error = {"code": "TIMED_OUT", "error": "Query timeout - Lambda execution time limit reached"}

    (closing,) = writer.finish(EventType.RUN_TIMED_OUT, {"text_chars": 0, **error}, {"input_tokens": 12}, error)

    head, newest = journal.latest(run.run_id)
    assert newest == closing
    assert (head.status, head.last_seq) == (Status.TIMED_OUT, closing.seq)
    assert (head.usage, head.error) == ({"input_tokens": 12}, error)


def test_a_run_closed_by_another_stops_the_writer(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    writer = claimed(journal, run)
    journal.request_cancel(run.run_id)
    journal.close(run.run_id, EventType.RUN_FAILED, {"code": "AGENT_LOST"})

    with pytest.raises(RunEnded) as ended:
        writer.append(EventType.TEXT, TEXT)

    assert kinds(ended.value.events) == ["CANCEL_REQUESTED", "RUN_FAILED"]
    with pytest.raises(RunEnded):
        writer.finish(EventType.RUN_SUCCEEDED, {}, {})
    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "CANCEL_REQUESTED", "RUN_FAILED"]


def test_nothing_follows_the_own_end(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    writer = claimed(journal, run)
    writer.finish(EventType.RUN_SUCCEEDED, {}, {})

    with pytest.raises(RunEnded):
        writer.append(EventType.TEXT, TEXT)
    with pytest.raises(RunEnded):
        writer.finish(EventType.RUN_SUCCEEDED, {}, {})

    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "RUN_SUCCEEDED"]


def test_a_writer_that_begins_behind_the_end_writes_nothing(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    journal.accept(run)
    head = journal.claim(run.run_id)
    journal.close(run.run_id, EventType.RUN_FAILED, {})

    with pytest.raises(RunEnded):
        RunWriter(journal, head, journal.latest(run.run_id)[1].seq).append(EventType.TEXT, TEXT)

    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "RUN_FAILED"]


def test_a_writer_that_begins_behind_a_takeover_writes_nothing(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    journal.accept(run)
    old = journal.claim(run.run_id)
    RunWriter(journal, journal.takeover(run.run_id, silent_for=0), 2).append(EventType.TEXT, TEXT)

    with pytest.raises(LostEpoch):
        RunWriter(journal, old, journal.latest(run.run_id)[1].seq).append(EventType.TEXT, TEXT)

    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "HANDED_OVER", "TEXT"]


def test_append_does_not_take_an_ending(journal: Journal, new_run: NewRuns) -> None:
    writer = claimed(journal, new_run())

    with pytest.raises(ValueError, match="finish"):
        writer.append(EventType.RUN_SUCCEEDED, {})


def test_a_run_that_was_forgotten_cannot_be_finished(
    journal: Journal, new_run: NewRuns, dynamodb: "DynamoDBClient"
) -> None:
    run = new_run()
    writer = claimed(journal, run)
    dynamodb.delete_item(TableName="journal", Key={"pk": {"S": f"RUN#{run.run_id}"}, "sk": {"S": "HEAD"}})

    with pytest.raises(RunError) as unknown:
        writer.finish(EventType.RUN_SUCCEEDED, {}, {})

    assert unknown.value.code is ErrorCode.UNKNOWN_RUN
