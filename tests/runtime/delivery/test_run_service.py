from dataclasses import dataclass
from typing import Any

import pytest

from contract.errors import ErrorCode, RunError
from contract.events import EventType, Status
from runtime.delivery.answers import AnswerDelivery
from runtime.delivery.connections import NoConnections
from runtime.delivery.run_service import NoWorkerError, RunService, waits_for_worker
from runtime.delivery.turns import TurnDelivery
from runtime.journal import NewRun
from runtime.process.dispatch import DispatchError
from runtime.process.task_tokens import TaskTokens
from tests.runtime.memory_journal import MemoryJournal
from tests.runtime.recorded_dispatcher import RecordedDispatcher

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"


@dataclass(frozen=True)
class Asked:
    """What starts a run."""

    question: str = "Why?"
    agent: str | None = None
    session_id: str | None = None
    run_id: str | None = RUN_ID
    answers: tuple[Any, ...] = ()
    if_busy: str = "reject"


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal(lambda: 1_000.0)


@pytest.fixture
def workers() -> RecordedDispatcher:
    return RecordedDispatcher()


@pytest.fixture
def service(journal: MemoryJournal, workers: RecordedDispatcher) -> RunService:
    answers = AnswerDelivery(journal, TurnDelivery(journal, NoConnections()), TaskTokens())
    return RunService(journal, workers, answers, ("first", "second"), 900, clock=lambda: 1_000.0)


def test_a_run_that_is_new_is_handed_off_when_it_begins(
    service: RunService, journal: MemoryJournal, workers: RecordedDispatcher
) -> None:
    head, created = service.accept("jo", Asked())
    assert (head.agent, head.session_id, head.deadline_at, dict(head.subscribers)) == ("first", RUN_ID, 1_900.0, {})
    assert workers.runs == []

    assert service.begin(head, created)

    assert workers.runs == [RUN_ID]
    assert len(journal.events[RUN_ID]) == 1


def test_a_run_that_is_known_is_one_to_follow(service: RunService, workers: RecordedDispatcher) -> None:
    service.accept("jo", Asked())
    head, created = service.accept("jo", Asked())

    assert not service.begin(head, created)

    assert workers.runs == []


def test_a_run_that_waits_for_its_turn_is_one_to_follow(
    service: RunService, journal: MemoryJournal, workers: RecordedDispatcher
) -> None:
    journal.accept(NewRun("active", "talk", "jo", "first", "How?", None, 1e12))
    head, created = service.accept("jo", Asked())
    behind = journal.change(head.run_id, behind="active")

    assert not service.begin(behind, created)
    assert not waits_for_worker(behind)

    assert workers.runs == []


def test_a_reader_hands_a_run_off_that_still_waits_for_its_worker(
    service: RunService, journal: MemoryJournal, workers: RecordedDispatcher
) -> None:
    head, _ = service.accept("jo", Asked())

    assert service.follow(head).status is Status.QUEUED
    journal.claim(RUN_ID)
    assert service.follow(journal.head(RUN_ID)).status is Status.RUNNING

    assert workers.runs == [RUN_ID]


def test_a_reader_ends_a_run_that_is_past_its_deadline(service: RunService, journal: MemoryJournal) -> None:
    service.accept("jo", Asked())
    journal.claim(RUN_ID)
    late = journal.change(RUN_ID, deadline_at=0.0)

    assert service.follow(late).status is Status.FAILED


def test_a_run_without_a_worker_ends_and_the_error_names_it(
    service: RunService, journal: MemoryJournal, workers: RecordedDispatcher
) -> None:
    head, created = service.accept("jo", Asked())
    workers.failure = DispatchError("no", reason="the function is in state Failed")

    with pytest.raises(NoWorkerError, match="the function is in state Failed") as caught:
        service.begin(head, created)

    assert (caught.value.code, caught.value.run_id) == (ErrorCode.INTERNAL, RUN_ID)
    assert journal.events[RUN_ID][-1].type is EventType.RUN_FAILED


def test_a_run_whose_worker_may_have_been_invoked_goes_on(
    service: RunService, journal: MemoryJournal, workers: RecordedDispatcher
) -> None:
    workers.failure = DispatchError("no answer", may_have_arrived=True)

    service.begin(*service.accept("jo", Asked()))

    assert journal.head(RUN_ID).status is Status.QUEUED


def test_nobody_cancels_or_answers_for_another_owner(service: RunService, journal: MemoryJournal) -> None:
    service.accept("jo", Asked())

    for attempt in (
        lambda: service.owned("kim", RUN_ID),
        lambda: service.request_cancel("kim", RUN_ID),
        lambda: service.answer("kim", RUN_ID, None, "yes"),
    ):
        with pytest.raises(RunError) as caught:
            attempt()
        assert caught.value.code is ErrorCode.NOT_OWNER

    assert len(journal.events[RUN_ID]) == 1


def test_a_cancelled_run_that_waits_for_its_worker_is_handed_off(
    service: RunService, workers: RecordedDispatcher
) -> None:
    service.accept("jo", Asked())

    service.cancel(service.request_cancel("jo", RUN_ID))

    assert workers.runs == [RUN_ID]
