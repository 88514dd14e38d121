from collections.abc import Callable
from typing import Any

import pytest

from contract.errors import ErrorCode, RunError
from contract.events import EventType, Status
from runtime.delivery.connections import Connections
from runtime.gateway.actions import Actions, Caller
from runtime.gateway.client_messages import CancelRequest, FilesRequest, Request, ResumeRequest, StartRequest
from runtime.gateway.file_links import FileLinks, FilePage
from runtime.journal import Journal, NewRun
from runtime.process.dispatch import Dispatcher, DispatchError
from tests.runtime.collector import Collector

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
OTHER_ID = "01926e3c-7c1a-7d00-8000-0123456789ac"
REPORT = {"name": "report.md", "bytes": 7, "content_type": "text/markdown", "url": "https://bucket/report.md"}
START = StartRequest("Why?", None, None, RUN_ID)
Sent = list[tuple[str, dict[str, Any]]]


class RecordingDispatcher(Dispatcher):
    """Notes each hand-over among what was sent, so that their order is seen; `failure` lets it fail."""

    def __init__(self, sent: Sent) -> None:
        self._sent = sent
        self.failure: DispatchError | None = None
        self.places: list[str] = []

    def dispatch(self, run_id: str, traceparent: str = "") -> None:
        self.places.append(traceparent)
        if self.failure:
            raise self.failure
        self._sent.append(("worker", {"run_id": run_id}))


@pytest.fixture
def dispatcher(sent: Sent) -> RecordingDispatcher:
    return RecordingDispatcher(sent)


class PlayedLinks(FileLinks):
    """Every run has made one report."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []

    def page(self, run_id: str, after: str | None) -> FilePage:
        self.asked.append((run_id, after))
        return FilePage([REPORT], more=False)


@pytest.fixture
def links() -> PlayedLinks:
    return PlayedLinks()


@pytest.fixture
def ask(
    memory_journal: Journal, connections: Connections, dispatcher: RecordingDispatcher, links: PlayedLinks
) -> Callable[[Request], None]:
    actions = Actions(memory_journal, connections, dispatcher, links, ("first", "second"), run_timeout=900)
    return lambda request: actions.serve(Caller("c1", "jo", lambda: True), request)


Ask = Callable[[Request], None]


def _seqs(sent: Sent) -> list[int]:
    return [frame["event"]["seq"] for _, frame in sent if frame.get("type") == "event"]


def _ended_run(journal: Journal, ask: Ask, sent: Sent) -> None:
    ask(START)
    journal.request_cancel(RUN_ID)
    journal.close(RUN_ID, EventType.RUN_CANCELLED, {})
    sent.clear()


def test_a_start_is_acknowledged_before_the_worker_is_invoked(ask: Ask, sent: Sent, memory_journal: Journal) -> None:
    ask(START)

    ack = {"type": "ack", "action": "start", "run_id": RUN_ID, "session_id": RUN_ID}
    assert sent == [("c1", ack), ("worker", {"run_id": RUN_ID})]
    head = memory_journal.head(RUN_ID)
    assert (head.owner, head.agent, head.question, dict(head.subscribers)) == ("jo", "first", "Why?", {"c1": 0})


def test_a_start_without_ids_gets_a_run_id_that_is_its_session_too(ask: Ask, sent: Sent) -> None:
    ask(StartRequest("Why?", "second", None, None))

    (_, ack), _ = sent
    assert len(ack["run_id"]) == 36
    assert ack["session_id"] == ack["run_id"]


def test_a_run_must_have_ended_when_it_may_take_no_longer(
    memory_journal: Journal, connections: Connections, dispatcher: RecordingDispatcher, links: PlayedLinks
) -> None:
    actions = Actions(memory_journal, connections, dispatcher, links, ("first",), run_timeout=900, clock=lambda: 1000.0)

    actions.serve(Caller("c1", "jo", lambda: True), START)

    assert memory_journal.head(RUN_ID).deadline_at == 1900.0


def test_a_start_goes_on_without_its_caller(ask: Ask, sent: Sent, gone: set[str], stuck: set[str]) -> None:
    gone.add("c1")
    ask(START)
    stuck.add("c1")
    ask(StartRequest("Why?", None, None, None))

    assert [to for to, _ in sent] == ["worker", "worker"]


def test_the_same_start_twice_is_the_same_run(ask: Ask, sent: Sent, memory_journal: Journal) -> None:
    ask(START)
    memory_journal.claim(RUN_ID)
    sent.clear()

    ask(START)

    assert [frame["type"] for _, frame in sent] == ["ack"]
    assert len(memory_journal.read(RUN_ID)) == 1


def test_the_same_start_while_the_run_is_queued_hands_it_over_again(ask: Ask, sent: Sent) -> None:
    ask(START)
    ask(START)

    assert [to for to, _ in sent] == ["c1", "worker", "c1", "worker"]


def test_the_same_start_after_the_end_replays_the_run(ask: Ask, sent: Sent, memory_journal: Journal) -> None:
    _ended_run(memory_journal, ask, sent)

    ask(START)

    assert [frame["type"] for _, frame in sent] == ["ack", "event", "event", "event"]
    assert _seqs(sent) == [1, 2, 3]


def test_the_same_run_id_with_another_question_is_a_conflict(ask: Ask, sent: Sent) -> None:
    ask(START)
    sent.clear()

    with pytest.raises(RunError) as caught:
        ask(StartRequest("How?", None, None, RUN_ID))

    assert caught.value.code is ErrorCode.CONFLICT
    assert sent == []


def test_resuming_a_live_run_subscribes_from_there(ask: Ask, sent: Sent, memory_journal: Journal) -> None:
    ask(START)
    memory_journal.claim(RUN_ID)
    sent.clear()

    ask(ResumeRequest(RUN_ID, 7))

    assert [frame["type"] for _, frame in sent] == ["ack"]
    assert dict(memory_journal.head(RUN_ID).subscribers) == {"c1": 7}


def test_resuming_an_ended_run_replays_what_is_missing(ask: Ask, sent: Sent, memory_journal: Journal) -> None:
    _ended_run(memory_journal, ask, sent)

    ask(ResumeRequest(RUN_ID, 2))

    assert [frame["type"] for _, frame in sent] == ["ack", "event"]
    assert _seqs(sent) == [3]


def test_resuming_a_run_past_its_deadline_ends_it_and_tells(
    ask: Ask, sent: Sent, memory_journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(START)
    sent.clear()
    monkeypatch.setattr(memory_journal, "_clock", lambda: memory_journal.head(RUN_ID).deadline_at + 1)

    ask(ResumeRequest(RUN_ID, 1))

    assert sent[-1][1]["event"]["type"] == "RUN_FAILED"
    assert memory_journal.head(RUN_ID).status is Status.FAILED


def test_cancelling_is_recorded_and_acknowledged_each_time(ask: Ask, sent: Sent, memory_journal: Journal) -> None:
    ask(START)
    memory_journal.claim(RUN_ID)
    sent.clear()

    ask(CancelRequest(RUN_ID))
    ask(CancelRequest(RUN_ID))

    assert [frame["action"] for _, frame in sent] == ["cancel", "cancel"]
    assert [event.type for event in memory_journal.read(RUN_ID)] == ["RUN_ACCEPTED", "CANCEL_REQUESTED"]


def test_cancelling_a_queued_run_hands_it_over_so_that_it_ends(ask: Ask, sent: Sent) -> None:
    ask(START)
    sent.clear()

    ask(CancelRequest(RUN_ID))

    assert [to for to, _ in sent] == ["c1", "worker"]


def test_cancelling_an_ended_run_is_acknowledged_and_changes_nothing(
    ask: Ask, sent: Sent, memory_journal: Journal
) -> None:
    _ended_run(memory_journal, ask, sent)

    ask(CancelRequest(RUN_ID))

    assert [frame["type"] for _, frame in sent] == ["ack"]
    assert len(memory_journal.read(RUN_ID)) == 3


def test_a_run_that_no_worker_takes_ends_at_once_and_its_caller_sees_the_end(
    ask: Ask, sent: Sent, memory_journal: Journal, dispatcher: RecordingDispatcher
) -> None:
    dispatcher.failure = DispatchError("no worker")

    with pytest.raises(RunError) as caught:
        ask(START)

    assert (caught.value.code, caught.value.run_id) == (ErrorCode.INTERNAL, RUN_ID)
    assert memory_journal.head(RUN_ID).status is Status.FAILED
    assert [frame["type"] for _, frame in sent] == ["ack", "event", "event"]
    assert sent[-1][1]["event"]["data"] == {"code": "INTERNAL", "error": caught.value.message}


def test_the_end_of_a_run_has_the_reason_why_its_worker_cannot_run(
    ask: Ask, memory_journal: Journal, dispatcher: RecordingDispatcher
) -> None:
    dispatcher.failure = DispatchError("no worker", reason="the function worker is in state Failed: no image")

    with pytest.raises(RunError) as caught:
        ask(START)

    assert "its worker (the function worker is in state Failed: no image) and has ended" in caught.value.message
    assert memory_journal.read(RUN_ID)[-1].data["error"] == caught.value.message


def test_a_run_whose_hand_over_may_have_arrived_is_left_to_its_worker(
    ask: Ask, sent: Sent, memory_journal: Journal, dispatcher: RecordingDispatcher
) -> None:
    dispatcher.failure = DispatchError("no answer", may_have_arrived=True)

    ask(START)

    assert memory_journal.head(RUN_ID).status is Status.QUEUED
    assert [frame["type"] for _, frame in sent] == ["ack"]


def test_a_run_that_a_worker_has_claimed_survives_a_second_hand_over_that_fails(
    ask: Ask, sent: Sent, memory_journal: Journal, dispatcher: RecordingDispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(START)
    queued = memory_journal.head(RUN_ID)
    memory_journal.claim(RUN_ID)
    monkeypatch.setattr(memory_journal, "subscribe", lambda *_: queued)
    dispatcher.failure = DispatchError("no worker")

    ask(START)

    assert memory_journal.head(RUN_ID).status is Status.RUNNING
    assert [frame.get("type") for _, frame in sent if "type" in frame] == ["ack", "ack"]


@pytest.fixture
def background(memory_journal: Journal) -> Journal:
    """Holds a run of a workflow that waits for its first agent."""
    run = NewRun(RUN_ID, RUN_ID, "jo", "first", "Why?", None, 1e12, workflow="arn:execution", agents=("explorer",))
    memory_journal.accept(run)
    return memory_journal


@pytest.mark.parametrize("request_", [START, ResumeRequest(RUN_ID, 0)])
def test_a_run_of_a_workflow_is_followed_and_not_handed_to_the_worker(
    ask: Ask, sent: Sent, background: Journal, request_: Request
) -> None:
    ask(request_)

    assert [frame["type"] for _, frame in sent] == ["ack"]
    assert dict(background.head(RUN_ID).subscribers) == {"c1": 0}


def test_a_run_of_a_workflow_is_cancelled_by_its_workflow(ask: Ask, sent: Sent, background: Journal) -> None:
    ask(CancelRequest(RUN_ID))

    assert [frame["type"] for _, frame in sent] == ["ack"]
    head = background.head(RUN_ID)
    assert (head.status, head.cancel_requested) == (Status.QUEUED, True)


def test_a_run_of_a_workflow_that_is_past_its_deadline_has_ended(ask: Ask, sent: Sent, background: Journal) -> None:
    background.change(RUN_ID, deadline_at=0.0)  # type: ignore[attr-defined]

    ask(ResumeRequest(RUN_ID, 0))

    assert background.head(RUN_ID).status is Status.FAILED
    assert _seqs(sent) == [1, 2]


def test_what_a_run_made_is_listed_for_its_owner(ask: Ask, sent: Sent, background: Journal, links: PlayedLinks) -> None:
    ask(FilesRequest(RUN_ID, "a.png"))

    assert sent == [("c1", {"type": "files", "run_id": RUN_ID, "files": [REPORT], "more": False})]
    assert links.asked == [(RUN_ID, "a.png")]
    assert len(background.read(RUN_ID)) == 1


def test_what_another_owners_run_made_is_not_shown(
    ask: Ask, sent: Sent, memory_journal: Journal, links: PlayedLinks
) -> None:
    memory_journal.accept(NewRun(OTHER_ID, OTHER_ID, "kim", "first", "Why?", None, 1e12))

    with pytest.raises(RunError) as caught:
        ask(FilesRequest(OTHER_ID, None))

    assert (caught.value.code, sent, links.asked) == (ErrorCode.NOT_OWNER, [], [])


def test_a_run_is_in_the_trace_of_its_start_with_which_its_worker_is_invoked(
    ask: Ask,
    dispatcher: RecordingDispatcher,
    memory_journal: Journal,
    collector: Collector,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    ask(START)
    ask(START)

    (root,) = collector.spans()
    place = memory_journal.head(RUN_ID).traceparent
    assert place == f"00-{root['traceId']}-{root['spanId']}-01"
    assert dispatcher.places == [place, place], "the second start hands the run off again, and is no other span"
    assert memory_journal.read(RUN_ID, 0, 1)[0].data["trace_id"] == root["traceId"]
    assert (root["name"], root["attributes"]["run_id"]) == ("start", RUN_ID)
