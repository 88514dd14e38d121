"""The session of a run whose worker died keeps the question and what the worker had written."""

import json
from itertools import count
from typing import Any, cast

import pytest

from contract.events import EventType, Status
from runtime.dead_letter.function import DeadLetterHandler
from runtime.delivery.connections import Connections
from runtime.engine.conversations import ConversationStore
from runtime.environment import DeadLetterEnvironment, JournalEnvironment
from runtime.process.conversation_files import STOPPED_TEXT, ConversationFiles
from tests.runtime.stage import Say, ScriptedModel, Stage


def record(run_id: str, deliveries: int = 1) -> dict[str, Any]:
    """The failure record of the run's worker, as SQS delivers it."""
    body = json.dumps({"requestPayload": {"run_id": run_id}})
    return {"messageId": "m1", "body": body, "attributes": {"ApproximateReceiveCount": str(deliveries)}}


def lose(stage: Stage, connections: Connections, run_id: str, deliveries: int = 1) -> None:
    """The failure record of the run's worker reaches the handler."""
    files = ConversationFiles("payloads", cast(Any, stage.bucket))
    handler = DeadLetterHandler(stage.journal, connections, lambda _: None, files)
    assert handler.end_lost([record(run_id, deliveries)]) == []
    assert stage.journal.head(run_id).status is Status.FAILED


def begin(stage: Stage, question: str, *texts: str) -> str:
    """A run of the session s1 whose worker has written these texts."""
    run_id = stage.accept(question, session_id="s1")
    stage.journal.claim(run_id)
    for text in texts:
        stage.journal.append(run_id, EventType.TEXT, {"text": text})
    return run_id


def ask(stage: Stage, question: str) -> list[tuple[str, str]]:
    """What the model hears with the session's next question."""
    stage.model = ScriptedModel([[Say(["Yes."])]])
    stage.serve(stage.accept(question, session_id="s1"))
    return stage.said()


def test_the_next_question_follows_what_a_dead_worker_had_written(stage: Stage, connections: Connections) -> None:
    ask(stage, "First?")
    run_id = begin(stage, "Second?", *["word "] * 150, "and half of it")

    lose(stage, connections, run_id)

    said = "word " * 150 + "and half of it"
    assert ask(stage, "Go on.") == [
        *(("user", "First?"), ("assistant", "Yes.")),
        *(("user", "Second?"), ("assistant", said), ("user", "Go on.")),
    ]


def test_a_dead_worker_that_had_written_nothing_leaves_the_question(stage: Stage, connections: Connections) -> None:
    lose(stage, connections, begin(stage, "First?"))

    assert ask(stage, "Well?") == [("user", "First?"), ("assistant", STOPPED_TEXT), ("user", "Well?")]


def test_a_run_that_no_worker_claimed_leaves_the_session_alone(stage: Stage, connections: Connections) -> None:
    lose(stage, connections, stage.accept("First?", session_id="s1"))

    assert not stage.bucket.objects


def test_a_worker_that_died_after_it_had_stored_the_session_is_not_repeated(
    stage: Stage, connections: Connections
) -> None:
    run_id = begin(stage, "First?", "All of it.")
    store = ConversationStore("payloads", cast(Any, stage.bucket))
    messages: Any = [
        {"role": "user", "content": [{"text": "First?"}]},
        {"role": "assistant", "content": [{"text": "All of it."}]},
    ]
    store.save("owner", "s1", messages, None, run_id)

    lose(stage, connections, run_id)

    assert ask(stage, "Go on.") == [("user", "First?"), ("assistant", "All of it."), ("user", "Go on.")]


def test_a_bucket_that_fails_does_not_keep_the_run_from_its_end(
    stage: Stage, connections: Connections, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(**_: object) -> None:
        raise ConnectionError("no bucket")

    monkeypatch.setattr(stage.bucket, "put_object", refuse)

    lose(stage, connections, begin(stage, "First?", "Half"))

    assert "dead_letter.session_not_saved" in capsys.readouterr().out


def overdue(stage: Stage, run_id: str) -> None:
    """A reader finds the run after its deadline."""
    stage.journal.change(run_id, deadline_at=0.0)
    assert stage.journal.close_overdue(stage.journal.head(run_id)).status is Status.FAILED


def test_a_run_that_a_reader_has_ended_as_overdue_leaves_its_words_once(stage: Stage, connections: Connections) -> None:
    run_id = begin(stage, "First?", "Half of it")
    overdue(stage, run_id)

    lose(stage, connections, run_id)
    lose(stage, connections, run_id)

    assert ask(stage, "Go on.") == [("user", "First?"), ("assistant", "Half of it"), ("user", "Go on.")]


@pytest.mark.parametrize("has_stored", [False, True])
def test_a_later_run_of_the_session_is_not_given_the_words_of_an_overdue_one(
    stage: Stage, connections: Connections, has_stored: bool
) -> None:
    run_id = begin(stage, "First?", "Half of it")
    overdue(stage, run_id)
    if has_stored:
        ask(stage, "Second?")
    else:
        begin(stage, "Second?")
    before = dict(stage.bucket.objects)

    lose(stage, connections, run_id)

    assert stage.bucket.objects == before


def test_a_run_that_failed_for_another_reason_leaves_what_its_worker_has_stored(
    stage: Stage, connections: Connections
) -> None:
    run_id = begin(stage, "First?", "Half of it")
    error = {"code": "MODEL_ERROR", "error": "The model failed."}
    stage.journal.close(run_id, EventType.RUN_FAILED, error, error)

    lose(stage, connections, run_id)

    assert not stage.bucket.objects


def test_a_run_that_ends_while_the_handler_waits_leaves_what_its_worker_has_stored(
    stage: Stage, connections: Connections
) -> None:
    run_id = begin(stage, "First?", "Half of it")
    files = ConversationFiles("payloads", cast(Any, stage.bucket))

    def end(_seconds: float) -> None:
        stage.journal.close(run_id, EventType.RUN_SUCCEEDED, {})

    DeadLetterHandler(stage.journal, connections, end, files).end_lost([record(run_id)])

    assert not stage.bucket.objects


@pytest.mark.parametrize(("deliveries", "keeps"), [(1, True), (2, True), (3, False), (9, False)])
def test_a_record_that_killed_the_handler_twice_ends_its_run_without_the_conversation(
    stage: Stage, connections: Connections, deliveries: int, keeps: bool
) -> None:
    run_id = begin(stage, "First?", "Half of it")

    lose(stage, connections, run_id, deliveries)

    assert bool(stage.bucket.objects) is keeps


def test_a_journal_that_is_slow_does_not_keep_the_run_from_its_end(stage: Stage, connections: Connections) -> None:
    run_id = begin(stage, "First?", *["word "] * 100)
    now = count(0.0, 0.1)
    files = ConversationFiles("payloads", cast(Any, stage.bucket))
    handler = DeadLetterHandler(stage.journal, connections, lambda _: None, files, clock=lambda: next(now))

    assert handler.end_lost([record(run_id)]) == []

    assert stage.journal.head(run_id).status is Status.FAILED
    (stored,) = stage.bucket.objects.values()
    said = json.loads(stored)[1]["content"][0]["text"]
    assert 20 < len(said.split()) < 50


def test_a_conversation_that_would_not_fit_into_the_function_stays_as_it_is(
    stage: Stage, connections: Connections, capsys: pytest.CaptureFixture[str]
) -> None:
    messages: Any = [
        {"role": "user", "content": [{"text": "x" * 9_000_000}]},
        {"role": "assistant", "content": [{"text": "Yes."}]},
    ]
    ConversationStore("payloads", cast(Any, stage.bucket)).save("owner", "s1", messages, None, "earlier")
    before = dict(stage.bucket.objects)

    lose(stage, connections, begin(stage, "First?", "Half"))

    assert stage.bucket.objects == before
    assert "dead_letter.session_not_saved" in capsys.readouterr().out


def test_a_bucket_and_a_table_that_hang_leave_time_for_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    longest: dict[str, float] = {}

    def note(service: str, *, attempts: int, read_timeout: float, connect_timeout: float, **_: object) -> object:
        longest[service] = attempts * (read_timeout + connect_timeout)
        return object()

    monkeypatch.setattr("runtime.dead_letter.function.minimal_client", note)
    monkeypatch.setattr("runtime.delivery.connections.minimal_client", lambda *_, **__: object())
    journal = JournalEnvironment("journal", "payloads", 30)

    DeadLetterHandler.create(DeadLetterEnvironment(journal, "https://example.com/live", "worker"))

    assert 4 + longest["dynamodb"] + 2 * longest["s3"] <= 20, "the conversation takes a third of the time at most"
