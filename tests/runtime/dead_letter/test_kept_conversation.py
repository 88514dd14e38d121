"""The session of a run whose worker died keeps the question and what the worker had written."""

import json
from typing import Any, cast

import pytest

from contract.events import EventType, Status
from runtime.dead_letter.function import DeadLetterHandler
from runtime.delivery.connections import Connections
from runtime.engine.conversations import ConversationStore
from runtime.process.conversation_files import STOPPED_TEXT, ConversationFiles
from tests.runtime.stage import Say, ScriptedModel, Stage


def lose(stage: Stage, connections: Connections, run_id: str) -> None:
    """The failure record of the run's worker reaches the handler."""
    files = ConversationFiles("payloads", cast(Any, stage.bucket))
    handler = DeadLetterHandler(stage.journal, connections, lambda _: None, files)
    record = {"messageId": "m1", "body": json.dumps({"requestPayload": {"run_id": run_id}})}
    assert handler.end_lost([record]) == []
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
