"""Messages that arrive while a session has an active run: each starts in its turn, or steers, and none is lost."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from contract.errors import ErrorCode, RunError
from contract.events import EventType, Status
from contract.run_ids import new_run_id
from runtime.journal import AlreadyClaimed, Head, Journal, NewRun

pytestmark = pytest.mark.dynamodb

NewRuns = Callable[[], NewRun]
Advance = Callable[[float], None]


def accept(journal: Journal, first: NewRun, if_busy: str, question: str = "And then?") -> Head:
    """The next run of the first one's session."""
    run = replace(first, run_id=new_run_id(), question=question, if_busy=if_busy, deadline_at=journal.log.clock() + 900)
    head, _ = journal.accept(run)
    return head


def end(journal: Journal, run_id: str) -> Head:
    journal.close(run_id, EventType.RUN_CANCELLED, {})
    return journal.head(run_id)


@pytest.fixture
def first(journal: Journal, new_run: NewRuns) -> NewRun:
    """A run at work."""
    run = new_run()
    journal.accept(run)
    journal.claim(run.run_id)
    return run


def test_a_run_that_is_queued_starts_when_the_one_before_it_has_ended(journal: Journal, first: NewRun) -> None:
    head = accept(journal, first, "queue")

    assert (head.status, head.behind) == (Status.QUEUED, first.run_id)
    assert journal.messages.release(head) is None
    with pytest.raises(AlreadyClaimed):
        journal.claim(head.run_id)

    released = journal.messages.release_next(end(journal, first.run_id))

    assert released is not None
    assert (released.run_id, released.behind) == (head.run_id, "")
    assert journal.messages.count(first.session_id) == 0
    assert journal.claim(head.run_id).status is Status.RUNNING


def test_without_a_policy_a_busy_session_rejects(journal: Journal, first: NewRun) -> None:
    with pytest.raises(RunError) as caught:
        accept(journal, first, "reject")

    assert (caught.value.code, caught.value.run_id) == (ErrorCode.CONFLICT, first.run_id)


@pytest.mark.parametrize("if_busy", ["queue", "steer"])
def test_a_session_without_an_active_run_starts_at_once(journal: Journal, first: NewRun, if_busy: str) -> None:
    end(journal, first.run_id)

    head = accept(journal, first, if_busy)

    assert head.behind == ""
    assert journal.claim(head.run_id).status is Status.RUNNING


def test_queued_runs_start_in_order_past_those_that_were_cancelled(journal: Journal, first: NewRun) -> None:
    second, third = accept(journal, first, "queue"), accept(journal, first, "queue")
    end(journal, second.run_id)
    fourth = accept(journal, first, "queue")

    assert journal.messages.release(third) is None
    released = journal.messages.release_next(end(journal, first.run_id))
    assert released is not None
    assert released.run_id == third.run_id
    assert journal.messages.release(journal.head(fourth.run_id)) is None
    following = journal.messages.release_next(end(journal, third.run_id))
    assert following is not None
    assert following.run_id == fourth.run_id


def test_a_queued_run_that_nobody_started_is_started_by_any_reader_once(journal: Journal, first: NewRun) -> None:
    head = accept(journal, first, "queue")
    end(journal, first.run_id)

    with ThreadPoolExecutor(4) as pool:
        released = list(pool.map(lambda _: journal.messages.release(head), range(4)))

    assert sum(found is not None for found in released) == 1


def test_a_queued_run_behind_a_lost_one_starts_when_that_is_overdue(
    journal: Journal, first: NewRun, advance: Advance
) -> None:
    head = accept(journal, first, "queue")
    advance(2_000)

    released = journal.messages.release(journal.close_overdue(head))

    assert journal.head(first.run_id).status is Status.FAILED
    assert released is not None
    assert released.deadline_at > time.time() + 2_000


def test_a_session_holds_twenty_messages_at_most(journal: Journal, first: NewRun) -> None:
    for _ in range(20):
        accept(journal, first, "queue")

    with pytest.raises(RunError) as caught:
        accept(journal, first, "queue")

    assert caught.value.code is ErrorCode.THROTTLED


def test_the_same_message_twice_is_one(journal: Journal, first: NewRun) -> None:
    run = replace(first, run_id=new_run_id(), if_busy="steer")

    (_, created), (again, repeated) = journal.accept(run), journal.accept(run)

    assert (created, repeated, again.behind) == (True, False, first.run_id)
    assert journal.head(first.run_id).messages == 1


def test_a_message_that_steers_is_taken_once_and_recorded(journal: Journal, first: NewRun) -> None:
    one, other = accept(journal, first, "steer", "Leave out age."), accept(journal, first, "steer", "And income.")

    taken = journal.messages.take(journal.head(first.run_id))

    assert [(message.run_id, message.text) for message in taken] == [
        (one.run_id, "Leave out age."),
        (other.run_id, "And income."),
    ]
    head = journal.head(first.run_id)
    assert (head.messages, journal.messages.take(head)) == (0, [])
    assert [event.data["text"] for event in journal.read(first.run_id) if event.type is EventType.MESSAGE] == [
        "Leave out age.",
        "And income.",
    ]
    ended = journal.read(one.run_id)[-1]
    assert (ended.type, ended.data["steered_into"]) == (EventType.RUN_SUCCEEDED, first.run_id)
    assert journal.head(one.run_id).status is Status.SUCCEEDED
    assert journal.messages.count(first.session_id) == 0
    assert journal.messages.release_next(end(journal, first.run_id)) is None


def test_a_message_that_nobody_took_starts_a_run_of_its_own(journal: Journal, first: NewRun) -> None:
    head = accept(journal, first, "steer")

    released = journal.messages.release_next(end(journal, first.run_id))

    assert released is not None
    assert released.run_id == head.run_id
    assert journal.messages.take(replace(journal.head(first.run_id), messages=1)) == []


def test_a_message_that_is_cancelled_steers_nothing(journal: Journal, first: NewRun) -> None:
    head = accept(journal, first, "steer")
    journal.request_cancel(head.run_id)

    assert journal.messages.take(journal.head(first.run_id)) == []


def test_a_message_steers_the_run_at_work_and_not_one_that_waits(journal: Journal, first: NewRun) -> None:
    waiting, message = accept(journal, first, "queue"), accept(journal, first, "steer")

    assert (journal.head(first.run_id).messages, journal.head(waiting.run_id).messages) == (1, 0)
    assert [taken.run_id for taken in journal.messages.take(journal.head(first.run_id))] == [message.run_id]
