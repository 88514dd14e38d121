"""A write that the table took, whose answer was lost: botocore sends it again, and it meets itself."""

import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from contract.events import Event, EventType, Status
from runtime.journal import AlreadyClaimed, Journal, NewRun, RunWriter

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.dynamodb

NewRuns = Callable[[], NewRun]
TEXT = {"text": "1,794"}


class LostAnswers:
    """Lets the table serve a client's next requests of one operation, and loses the answers."""

    def __init__(self, client: "DynamoDBClient", operation: str, lost: int) -> None:
        self.left = lost
        client.meta.events.register(f"before-send.dynamodb.{operation}", self._serve)

    def _serve(self, request: "AWSPreparedRequest", **_: Any) -> None:  # noqa: ANN401  botocore's own arguments
        if self.left:
            self.left -= 1
            session = URLLib3Session()
            session.send(request)
            session.close()
            raise ReadTimeoutError(endpoint_url=request.url)


@pytest.fixture
def flaky(unreliable: "DynamoDBClient", journal_over: Callable[["DynamoDBClient"], Journal]) -> Journal:
    """A journal over the unreliable client."""
    return journal_over(unreliable)


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))


def kinds(events: list[Event]) -> list[str]:
    return [event.type.value for event in events]


def test_an_append_recognises_its_own_event(
    journal: Journal, flaky: Journal, unreliable: "DynamoDBClient", new_run: NewRuns
) -> None:
    run = new_run()
    journal.accept(run)
    writer = RunWriter(flaky, journal.claim(run.run_id), 1)
    lost = LostAnswers(unreliable, "PutItem", 1)

    (event,) = writer.append(EventType.TEXT, TEXT)
    (following,) = writer.append(EventType.TEXT, TEXT)

    assert lost.left == 0
    assert (event.seq, following.seq) == (2, 3)
    assert journal.read(run.run_id)[1:] == [event, following]


def test_an_event_that_must_follow_recognises_itself(
    journal: Journal, flaky: Journal, unreliable: "DynamoDBClient", new_run: NewRuns
) -> None:
    run = new_run()
    journal.accept(run)
    writer = RunWriter(flaky, journal.claim(run.run_id), 1)
    lost = LostAnswers(unreliable, "PutItem", 1)

    assert writer.append_next(EventType.TEXT, TEXT)

    assert (lost.left, writer.seq) == (0, 2)
    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "TEXT"]


def test_an_append_that_failed_can_be_repeated(
    journal: Journal, flaky: Journal, unreliable: "DynamoDBClient", new_run: NewRuns
) -> None:
    run = new_run()
    journal.accept(run)
    writer = RunWriter(flaky, journal.claim(run.run_id), 1)
    LostAnswers(unreliable, "PutItem", 3)

    with pytest.raises(ReadTimeoutError):
        writer.append(EventType.TEXT, TEXT)
    journal.request_cancel(run.run_id)
    events = writer.append(EventType.TEXT, TEXT)
    events += writer.append(EventType.TEXT, TEXT)

    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "TEXT", "CANCEL_REQUESTED", "TEXT"]
    assert events == journal.read(run.run_id, after=1)


@pytest.mark.parametrize("lost", [1, 3])
def test_the_end_is_written_once(
    journal: Journal, flaky: Journal, unreliable: "DynamoDBClient", new_run: NewRuns, lost: int
) -> None:
    run = new_run()
    journal.accept(run)
    writer = RunWriter(flaky, journal.claim(run.run_id), 1)
    LostAnswers(unreliable, "TransactWriteItems", lost)

    try:
        events = writer.finish(EventType.RUN_SUCCEEDED, {}, {})
    except ReadTimeoutError:
        events = writer.finish(EventType.RUN_SUCCEEDED, {}, {})

    assert events == journal.read(run.run_id, after=1)
    assert kinds(events) == ["RUN_SUCCEEDED"]
    assert journal.head(run.run_id).status is Status.SUCCEEDED


def test_a_claim_recognises_itself(
    journal: Journal, flaky: Journal, unreliable: "DynamoDBClient", new_run: NewRuns
) -> None:
    run = new_run()
    journal.accept(run)
    lost = LostAnswers(unreliable, "UpdateItem", 1)

    head = flaky.claim(run.run_id)

    assert lost.left == 0
    assert (head.status, head.epoch) == (Status.RUNNING, 1)
    with pytest.raises(AlreadyClaimed):
        flaky.claim(run.run_id)


def test_a_start_and_a_cancel_count_once(
    journal: Journal, flaky: Journal, unreliable: "DynamoDBClient", new_run: NewRuns
) -> None:
    run = new_run()
    lost = LostAnswers(unreliable, "TransactWriteItems", 1)

    _, created = flaky.accept(run)
    lost.left = 1
    head = flaky.request_cancel(run.run_id)

    assert created
    assert lost.left == 0
    assert head.cancel_requested
    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "CANCEL_REQUESTED"]


def test_a_start_that_failed_can_be_repeated(flaky: Journal, unreliable: "DynamoDBClient", new_run: NewRuns) -> None:
    run = new_run()
    LostAnswers(unreliable, "TransactWriteItems", 3)

    with pytest.raises(ReadTimeoutError):
        flaky.accept(run)
    head, created = flaky.accept(replace(run, deadline_at=time.time() + 1))

    assert (head.status, head.deadline_at, created) == (Status.QUEUED, run.deadline_at, False)


def test_a_takeover_counts_once(
    journal: Journal, flaky: Journal, unreliable: "DynamoDBClient", new_run: NewRuns
) -> None:
    run = new_run()
    journal.accept(run)
    journal.claim(run.run_id)
    LostAnswers(unreliable, "TransactWriteItems", 1)

    head = flaky.takeover(run.run_id, silent_for=0)

    assert head.epoch == journal.head(run.run_id).epoch == 2
    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "HANDED_OVER"]


def background(run: NewRun) -> NewRun:
    return replace(run, workflow="arn:aws:states:us-east-1:000000000000:execution:analysis:0199", agents=("explorer",))


def test_the_claim_of_a_step_recognises_itself(
    journal: Journal, flaky: Journal, unreliable: "DynamoDBClient", new_run: NewRuns
) -> None:
    run = background(new_run())
    journal.accept(run)
    lost = LostAnswers(unreliable, "UpdateItem", 1)

    head, seq = flaky.claim_step(run.run_id, 1)

    assert lost.left == 0
    assert (head.step, head.epoch, seq) == (1, 1, 1)


def test_a_step_is_refused_and_an_event_appended_once(
    journal: Journal, flaky: Journal, unreliable: "DynamoDBClient", new_run: NewRuns
) -> None:
    run = background(new_run())
    journal.accept(run)
    appended = LostAnswers(unreliable, "PutItem", 1)
    refused = LostAnswers(unreliable, "TransactWriteItems", 1)

    event = flaky.append(run.run_id, EventType.AGENT_INVOCATION_STARTED, {"step": 1})

    assert flaky.mark_step_lost(run.run_id, 1, {"step": 1})
    assert (appended.left, refused.left) == (0, 0)
    assert event is not None
    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "AGENT_INVOCATION_STARTED", "AGENT_INVOCATION_FAILED"]


@pytest.mark.parametrize("lost", [1, 3])
def test_a_step_is_completed_once(
    journal: Journal, flaky: Journal, unreliable: "DynamoDBClient", new_run: NewRuns, lost: int
) -> None:
    run = background(new_run())
    journal.accept(run)
    writer = RunWriter(flaky, *journal.claim_step(run.run_id, 1))
    LostAnswers(unreliable, "TransactWriteItems", lost)

    try:
        events = writer.complete_step(1, "output", {}, {})
    except ReadTimeoutError:
        events = writer.complete_step(1, "output", {}, {})

    assert events == journal.read(run.run_id, after=1)
    assert kinds(events) == ["AGENT_BACKGROUND_TASK_COMPLETED"]
    assert journal.head(run.run_id).step_done == 1
