"""The life of a run in the journal, one step after the other, on AWS's own engine."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contract.errors import ErrorCode, RunError
from contract.events import Event, EventType, Status
from runtime.journal import AlreadyClaimed, Head, Journal, LostEpoch, NewRun, RunEnded, RunWriter
from runtime.journal.changes import MAX_SUBSCRIBERS

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


def test_an_accepted_run_is_queued_with_its_first_event(journal: Journal, new_run: NewRuns) -> None:
    run = replace(new_run(), connection_id="Kx4=")

    head, created = journal.accept(run)

    assert created
    assert head == journal.head(run.run_id)
    assert (head.status, head.epoch, head.deadline_at) == (Status.QUEUED, 0, run.deadline_at)
    assert head.subscribers == {"Kx4=": 0}
    assert (head.cancel_requested, head.usage, head.error, head.last_seq) == (False, {}, None, None)
    (first,) = journal.read(run.run_id)
    assert (first.seq, first.type) == (1, EventType.RUN_ACCEPTED)
    assert first.data == {"question": run.question, "agent": run.agent, "session_id": run.session_id}
    assert journal.latest(run.run_id) == (head, first)


def test_starting_the_same_run_again_returns_the_first(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    first, _ = journal.accept(run)

    again, created = journal.accept(replace(run, connection_id="other", deadline_at=run.deadline_at + 5))

    assert not created
    assert again == first
    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED"]


@pytest.mark.parametrize(
    "changed",
    [
        lambda run: replace(run, question="Another?"),
        lambda run: replace(run, agent="another"),
        lambda run: replace(run, session_id=f"another-{run.session_id}"),
    ],
    ids=["question", "agent", "session"],
)
def test_a_run_id_cannot_be_used_for_another_request(
    journal: Journal, new_run: NewRuns, changed: Callable[[NewRun], NewRun]
) -> None:
    run = new_run()
    journal.accept(run)

    with pytest.raises(RunError, match="another question, agent or session") as refused:
        journal.accept(changed(run))

    assert (refused.value.code, refused.value.run_id) == (ErrorCode.CONFLICT, run.run_id)


def test_a_run_id_of_somebody_else_is_refused(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    journal.accept(run)

    with pytest.raises(RunError) as refused:
        journal.accept(replace(run, owner="stranger"))

    assert refused.value.code is ErrorCode.NOT_OWNER


def test_a_session_of_somebody_else_is_refused(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    journal.accept(run)

    with pytest.raises(RunError, match=run.session_id) as refused:
        journal.accept(replace(new_run(), session_id=run.session_id))

    assert refused.value.code is ErrorCode.NOT_OWNER


def test_a_session_takes_its_next_run_only_after_the_last_has_ended(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    following = replace(new_run(), session_id=run.session_id, owner=run.owner)
    journal.accept(run)

    with pytest.raises(RunError, match=run.run_id) as refused:
        journal.accept(following)
    journal.close(run.run_id, EventType.RUN_CANCELLED, {})

    assert (refused.value.code, refused.value.run_id) == (ErrorCode.CONFLICT, run.run_id)
    assert journal.accept(following)[1]


def test_a_lost_run_does_not_block_its_session(
    journal: Journal, new_run: NewRuns, advance: Callable[[float], None]
) -> None:
    run = new_run()
    journal.accept(run)
    advance(900 + 61)

    _, created = journal.accept(replace(new_run(), session_id=run.session_id, owner=run.owner))

    assert created
    lost = journal.head(run.run_id)
    assert lost.status is Status.FAILED
    assert lost.error is not None
    assert lost.error["code"] == "AGENT_LOST"
    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "RUN_FAILED"]


def test_a_run_within_its_deadline_is_not_closed(
    journal: Journal, new_run: NewRuns, advance: Callable[[float], None]
) -> None:
    head, _ = journal.accept(new_run())
    advance(900)

    assert journal.close_overdue(head) == head


def test_an_unknown_run_is_named(journal: Journal) -> None:
    calls: list[Callable[[], object]] = [
        lambda: journal.head("nowhere"),
        lambda: journal.latest("nowhere"),
        lambda: journal.claim("nowhere"),
        lambda: journal.takeover("nowhere", 0),
        lambda: journal.subscribe("nowhere", "c", 0),
        lambda: journal.request_cancel("nowhere"),
        lambda: journal.close("nowhere", EventType.RUN_FAILED, {}),
    ]
    for call in calls:
        with pytest.raises(RunError, match="There is no run nowhere") as unknown:
            call()
        assert (unknown.value.code, unknown.value.run_id) == (ErrorCode.UNKNOWN_RUN, "nowhere")
    assert journal.read("nowhere") == []


def test_only_one_worker_claims_a_run(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    journal.accept(run)

    head = journal.claim(run.run_id)

    assert (head.status, head.epoch) == (Status.RUNNING, 1)
    with pytest.raises(AlreadyClaimed):
        journal.claim(run.run_id)
    assert journal.head(run.run_id) == head


def test_a_run_that_ended_while_it_waited_is_not_claimed(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    journal.accept(run)
    journal.close(run.run_id, EventType.RUN_FAILED, {})

    with pytest.raises(AlreadyClaimed):
        journal.claim(run.run_id)


def test_the_heartbeat_brings_cancellation_and_subscribers(
    journal: Journal, new_run: NewRuns, advance: Callable[[float], None]
) -> None:
    run = new_run()
    journal.accept(run)
    before = journal.claim(run.run_id)
    journal.subscribe(run.run_id, "late", 7)
    journal.request_cancel(run.run_id)
    advance(5)

    head = journal.heartbeat(before, before.epoch)

    assert head.cancel_requested
    assert head.subscribers == {"late": 7}
    assert head.heartbeat_at > before.heartbeat_at + 4
    assert journal.heartbeat(run.run_id, 1).epoch == 1


def test_a_takeover_stops_the_old_worker_at_its_next_word(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    old = claimed(journal, run)
    old.append(EventType.TEXT, TEXT)

    head = journal.takeover(run.run_id, silent_for=0)

    assert head.epoch == 2
    assert journal.latest(run.run_id)[1].data == {"epoch": 2}
    with pytest.raises(LostEpoch):
        old.append(EventType.TEXT, TEXT)
    with pytest.raises(LostEpoch):
        old.finish(EventType.RUN_SUCCEEDED, {}, {})
    with pytest.raises(LostEpoch):
        journal.heartbeat(run.run_id, 1)
    new = RunWriter(journal, head, 3)
    new.append(EventType.TEXT, TEXT)
    new.finish(EventType.RUN_SUCCEEDED, {}, {})
    expected = ["RUN_ACCEPTED", "TEXT", "HANDED_OVER", "TEXT", "RUN_SUCCEEDED"]
    assert kinds(journal.read(run.run_id)) == expected


def test_a_worker_that_gave_a_sign_keeps_its_run(
    journal: Journal, new_run: NewRuns, advance: Callable[[float], None]
) -> None:
    run = new_run()
    journal.accept(run)
    with pytest.raises(AlreadyClaimed):
        journal.takeover(run.run_id, silent_for=0)
    head = journal.claim(run.run_id)
    advance(9)
    journal.heartbeat(run.run_id, head.epoch)
    advance(9)

    with pytest.raises(AlreadyClaimed):
        journal.takeover(run.run_id, silent_for=10)
    advance(2)
    assert journal.takeover(run.run_id, silent_for=10).epoch == 2


def test_an_ended_run_is_not_taken_over(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    claimed(journal, run).finish(EventType.RUN_SUCCEEDED, {}, {})

    with pytest.raises(RunEnded):
        journal.takeover(run.run_id, silent_for=0)


def test_cancel_is_asked_for_once(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    journal.accept(run)

    first, second = journal.request_cancel(run.run_id), journal.request_cancel(run.run_id)

    assert first == second
    assert first.cancel_requested
    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "CANCEL_REQUESTED"]


def test_cancelling_an_ended_run_changes_nothing(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    claimed(journal, run).finish(EventType.RUN_SUCCEEDED, {}, {})
    before: Head = journal.head(run.run_id)

    assert journal.request_cancel(run.run_id) == before
    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "RUN_SUCCEEDED"]


def test_a_run_is_closed_once(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    journal.accept(run)
    error = {"code": "AGENT_LOST", "error": "The worker was lost."}

    closing = journal.close(run.run_id, EventType.RUN_FAILED, error, error)

    assert closing == journal.latest(run.run_id)[1]
    assert journal.close(run.run_id, EventType.RUN_CANCELLED, {}) is None
    head = journal.head(run.run_id)
    assert (head.status, head.last_seq, head.error) == (Status.FAILED, 2, error)


def test_only_a_run_that_nobody_has_claimed_is_closed_as_unclaimed(journal: Journal, new_run: NewRuns) -> None:
    queued, running = new_run(), new_run()
    journal.accept(queued)
    journal.accept(running)
    journal.claim(running.run_id)

    ending = journal.close_unclaimed(queued.run_id, EventType.RUN_FAILED, {})

    assert ending is not None
    assert journal.head(queued.run_id).status is Status.FAILED
    assert journal.close_unclaimed(queued.run_id, EventType.RUN_FAILED, {}) is None
    assert journal.close_unclaimed(running.run_id, EventType.RUN_FAILED, {}) is None
    assert journal.head(running.run_id).status is Status.RUNNING


def test_a_run_is_followed_by_a_limited_number_of_connections(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    journal.accept(run)
    others = MAX_SUBSCRIBERS - len(journal.head(run.run_id).subscribers)
    for number in range(others):
        journal.subscribe(run.run_id, f"reader-{number}", 0)

    with pytest.raises(RunError) as refused:
        journal.subscribe(run.run_id, "one too many", 0)

    assert refused.value.code is ErrorCode.THROTTLED
    again = journal.subscribe(run.run_id, "reader-0", 3)
    assert again is not None
    assert again.subscribers["reader-0"] == 3
    assert len(again.subscribers) == MAX_SUBSCRIBERS


def test_subscribers_are_taken_until_the_end(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    writer = claimed(journal, run)

    head = journal.subscribe(run.run_id, "Lq0dR=", 4)
    journal.subscribe(run.run_id, "second", 0)
    journal.unsubscribe(run.run_id, "second")
    journal.unsubscribe(run.run_id, "never there")
    journal.unsubscribe("nowhere", "second")
    writer.finish(EventType.RUN_SUCCEEDED, {}, {})

    assert head is not None
    assert head.subscribers == {"Lq0dR=": 4}
    assert journal.subscribe(run.run_id, "late", 0) is None
    assert journal.head(run.run_id).subscribers == {"Lq0dR=": 4}


def test_an_owner_lists_own_runs_newest_first_whatever_their_ids(
    journal: Journal, new_run: NewRuns, advance: Callable[[float], None]
) -> None:
    runs = [replace(new_run(), owner=f"owner-of-{id(new_run)}") for _ in range(4)]
    runs.sort(key=lambda run: run.run_id, reverse=True)
    for run in runs:
        journal.accept(run)
        advance(0.5)
    journal.accept(new_run())

    listed = journal.runs(runs[0].owner, limit=3)

    assert [head.run_id for head in listed] == [run.run_id for run in reversed(runs)][:3]
    assert journal.runs("nobody") == []


def test_a_connection_has_an_owner_until_it_is_closed(journal: Journal) -> None:
    journal.connections.add("a1=", "arn:aws:iam::1:user/ann")

    assert journal.connections.owner("a1=") == "arn:aws:iam::1:user/ann"
    journal.connections.remove("a1=")
    with pytest.raises(RunError) as unknown:
        journal.connections.owner("a1=")
    assert unknown.value.code is ErrorCode.NOT_OWNER


def test_every_item_but_those_of_workspaces_expires(
    journal: Journal, new_run: NewRuns, dynamodb: "DynamoDBClient"
) -> None:
    run = new_run()
    writer = claimed(journal, run)
    journal.connections.add("expiring", run.owner)
    journal.connections.tokens.revoke(run.owner, "t-1")
    journal.request_cancel(run.run_id)
    writer.append(EventType.TEXT, TEXT)
    writer.finish(EventType.RUN_CANCELLED, {}, {})

    pages = dynamodb.get_paginator("scan").paginate(TableName="journal")
    items = [item for page in pages for item in page["Items"] if not item["pk"]["S"].startswith("WORKSPACE")]

    kept = {item["pk"]["S"].split("#")[0] for item in items}
    assert kept == {"RUN", "SESSION", "OWNER", "CONNECTION", "TOKENS"}
    assert [item["pk"] for item in items if int(item["expires_at"]["N"]) < 1_700_000_000] == []
