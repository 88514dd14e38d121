from collections.abc import Callable
from typing import Any

import pytest

from contract.errors import ErrorCode, RunError
from contract.events import EventType, Status
from contract.owners import ANONYMOUS, NOBODY
from runtime.journal import Journal, NewRun
from runtime.workflow.start import InvalidRequestError, StartHandler, handler

EVENT_ID = "6a7e8feb-b491-4cf7-a9f1-bf3703467718"
RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:machine:one"
OTHER = "arn:aws:states:us-east-1:123456789012:execution:machine:two"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PIPELINES = {"analysis": ("explorer", "reporter"), "single": ("analyst",)}

Deliver = Callable[..., dict[str, Any]]


@pytest.fixture
def deliver_event(memory_journal: Journal, monkeypatch: pytest.MonkeyPatch) -> Deliver:
    """Delivers an event with that detail to the start handler, by default as execution one."""
    service = StartHandler(memory_journal, PIPELINES, "analysis", run_timeout=600, clock=lambda: 1000.0)
    monkeypatch.setattr(handler, "service", service)

    def deliver(detail: object, execution: str = EXECUTION, event_id: object = EVENT_ID) -> dict[str, Any]:
        event = {"id": event_id, "source": "longrun", "detail-type": "RunRequested", "detail": detail}
        return handler({"event": event, "execution": execution}, None)

    return deliver


def test_an_event_becomes_a_run_of_the_first_pipeline(deliver_event: Deliver, memory_journal: Journal) -> None:
    answer = deliver_event({"question": "Why?"})

    assert answer.pop("traceparent") == memory_journal.head(EVENT_ID).traceparent
    assert answer == {"claimed": True, "run_id": EVENT_ID, "pipeline": "analysis", "agents": ["explorer", "reporter"]}
    head = memory_journal.head(EVENT_ID)
    assert (head.agent, head.owner, head.session_id) == ("analysis", "anonymous", EVENT_ID)
    assert (head.workflow, head.status, head.deadline_at) == (EXECUTION, Status.QUEUED, 1600.0)


def test_the_detail_chooses_pipeline_owner_run_and_trace(deliver_event: Deliver, memory_journal: Journal) -> None:
    detail = {"question": "Why?", "pipeline": "single", "owner": "jo", "run_id": RUN_ID, "traceparent": TRACEPARENT}
    answer = deliver_event(detail)

    assert (answer["run_id"], answer["agents"]) == (RUN_ID, ["analyst"])
    assert answer["traceparent"].split("-")[1] == TRACEPARENT.split("-")[1]
    assert memory_journal.head(RUN_ID).owner == "jo"


def test_a_repeated_event_starts_nothing(deliver_event: Deliver, memory_journal: Journal) -> None:
    first = deliver_event({"question": "Why?"})

    assert deliver_event({"question": "Why?"}, OTHER) == {**first, "claimed": False}
    assert memory_journal.head(EVENT_ID).workflow == EXECUTION
    assert len(memory_journal.read(EVENT_ID)) == 1


def test_the_execution_whose_answer_was_lost_has_its_claim(deliver_event: Deliver) -> None:
    assert deliver_event({"question": "Why?"}) == deliver_event({"question": "Why?"})


@pytest.mark.parametrize(
    ("detail", "named"),
    [
        (
            {"question": "Why?", "pipeline": "astrologers"},
            '"astrologers" is not deployed here; known pipelines: analysis',
        ),
        ({"question": "x" * 16_385}, "16385"),
        ({"question": 7}, "number"),
        ({}, "missing"),
        ("Why?", "detail"),
        ({"question": "Why?", "traceparent": "7"}, "traceparent"),
    ],
)
def test_a_rejection_is_what_the_runs_journal_ends_with(
    deliver_event: Deliver, memory_journal: Journal, detail: object, named: str
) -> None:
    with pytest.raises(InvalidRequestError, match=named) as caught:
        deliver_event(detail)

    accepted, ending = memory_journal.read(EVENT_ID)
    assert (accepted.type, ending.type) == (EventType.RUN_ACCEPTED, EventType.RUN_FAILED)
    assert ending.data == {"code": "INVALID_REQUEST", "error": str(caught.value)}
    assert memory_journal.head(EVENT_ID).error == ending.data


@pytest.mark.parametrize("owner", ["a b", "", 7, ["jo"]])
def test_an_event_with_an_invalid_owner_becomes_a_run_that_is_nobodys(
    deliver_event: Deliver, memory_journal: Journal, owner: object
) -> None:
    with pytest.raises(InvalidRequestError, match=r"owner .* is not valid") as caught:
        deliver_event({"question": "What is my secret?", "owner": owner})

    head = memory_journal.head(EVENT_ID)
    assert (head.status, head.owner, head.question) == (Status.FAILED, NOBODY, "")
    assert memory_journal.runs(ANONYMOUS) == []
    accepted, ending = memory_journal.read(EVENT_ID)
    assert accepted.data["question"] == ""
    assert ending.data == {"code": "INVALID_REQUEST", "error": str(caught.value)}


def test_a_rejection_is_recorded_once_however_often_the_event_comes(
    deliver_event: Deliver, memory_journal: Journal
) -> None:
    for execution in (EXECUTION, EXECUTION, OTHER):
        with pytest.raises(InvalidRequestError):
            deliver_event({"question": ""}, execution)

    assert len(memory_journal.read(EVENT_ID)) == 2


def test_an_event_without_an_id_is_refused_and_leaves_nothing(deliver_event: Deliver) -> None:
    with pytest.raises(InvalidRequestError, match="The event has no id"):
        deliver_event({"question": "Why?"}, event_id=None)


@pytest.mark.parametrize("owner", ["jo", "kim"])
def test_another_request_under_a_runs_id_is_refused_and_leaves_that_run_alone(
    deliver_event: Deliver, memory_journal: Journal, owner: str
) -> None:
    memory_journal.accept(NewRun(RUN_ID, RUN_ID, "jo", "analysis", "Why?", None, 1e12))

    with pytest.raises(InvalidRequestError):
        deliver_event({"question": "Why not?", "run_id": RUN_ID, "owner": owner})

    assert memory_journal.head(RUN_ID).status is Status.QUEUED
    assert len(memory_journal.read(RUN_ID)) == 1


def test_a_refused_event_cannot_end_the_run_of_another_execution(
    deliver_event: Deliver, memory_journal: Journal
) -> None:
    deliver_event({"question": "Why?", "pipeline": "single", "run_id": RUN_ID})

    with pytest.raises(InvalidRequestError, match="traceparent"):
        deliver_event({"question": "Why?", "pipeline": "single", "run_id": RUN_ID, "traceparent": "7"}, OTHER)

    assert memory_journal.head(RUN_ID).status is Status.QUEUED


def test_a_refused_event_that_names_somebodys_run_is_not_written_there(
    deliver_event: Deliver, memory_journal: Journal
) -> None:
    memory_journal.accept(NewRun(RUN_ID, RUN_ID, "jo", "analysis", "Why?", None, 1e12))

    with pytest.raises(InvalidRequestError, match="question is empty"):
        deliver_event({"question": "", "run_id": RUN_ID})

    assert len(memory_journal.read(RUN_ID)) == 1


def test_a_busy_journal_is_no_fault_of_the_event(
    deliver_event: Deliver, memory_journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_run: NewRun) -> None:
        raise RunError(ErrorCode.THROTTLED, "The run journal takes no more requests now; try again in a few seconds.")

    monkeypatch.setattr(memory_journal, "accept", busy)

    for question in ("Why?", ""):
        with pytest.raises(RunError, match="takes no more requests"):
            deliver_event({"question": question})


def test_a_warm_up_event_starts_nothing(deliver_event: Deliver, memory_journal: Journal) -> None:  # noqa: ARG001  makes the service
    assert handler({"warm": True}, None) == {}
    with pytest.raises(RunError):
        memory_journal.head(EVENT_ID)


@pytest.mark.parametrize(("name", "recorded"), [("é" * 100, "é" * 64), ("\ud800x", "?x")])
def test_the_name_of_an_unknown_pipeline_is_recorded_as_valid_text_of_bounded_length(
    deliver_event: Deliver, memory_journal: Journal, name: str, recorded: str
) -> None:
    with pytest.raises(InvalidRequestError, match="is not deployed here"):
        deliver_event({"question": "Why?", "pipeline": name})

    assert memory_journal.head(EVENT_ID).agent == recorded
