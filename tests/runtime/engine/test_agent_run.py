"""A run in its worker, where what it works with fails it."""

import asyncio
import io
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from strands import tool

from contract.errors import ErrorCode, RunError
from contract.events import Status
from tests.runtime.conftest import Sent
from tests.runtime.stage import Call, Do, Hold, Say, ScriptedModel, Stage


def throttled() -> RunError:
    return RunError(ErrorCode.THROTTLED, "The run journal takes no more requests now; try again in a few seconds.")


def test_a_claim_that_the_journal_throttles_is_raised_for_the_failure_destination(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = stage.accept()

    def refuse(_: str) -> None:
        raise throttled()

    monkeypatch.setattr(stage.journal, "claim", refuse)
    with pytest.raises(RunError, match="takes no more requests"):
        stage.serve(run_id)

    assert stage.journal.head(run_id).status is Status.QUEUED


def test_a_journal_that_throttles_for_a_moment_does_not_fail_the_run(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = stage.accept()
    append: Callable[..., Any] = stage.journal.log.append
    failures = [throttled()]

    def busy(*args: object) -> object:
        if failures:
            raise failures.pop()
        return append(*args)

    monkeypatch.setattr(stage.journal.log, "append", busy)
    stage.serve(run_id)

    assert stage.text(run_id) == "Hello world"
    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"


def test_a_bucket_that_hangs_does_not_keep_the_run_from_its_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = threading.Event()
    run_id = stage.accept()
    monkeypatch.setattr(stage.bucket, "put_object", lambda **_: answers.wait(20))

    async def invocation() -> tuple[list[str], float]:
        began = asyncio.get_running_loop().time()
        await stage.worker().serve(run_id, 2.4)
        return stage.types(run_id), asyncio.get_running_loop().time() - began

    stage.margin = 1.0
    types, took = asyncio.run(invocation())
    answers.set()

    assert types[-1] == "RUN_SUCCEEDED"
    assert took < 2.4
    assert "worker.session_not_saved" in capsys.readouterr().out


def test_a_subscriber_that_says_to_have_more_than_there_is_hears_of_the_end(stage: Stage, sent: Sent) -> None:
    follows, claimed_at = threading.Event(), list[float]()
    run_id = stage.accept()
    stage.model = ScriptedModel(
        [
            [
                Say(["x"]),
                Do(lambda: claimed_at.append(stage.journal.head(run_id).heartbeat_at)),
                Do(lambda: stage.journal.subscribe(run_id, "ahead", 5_000)),
                Do(lambda: stage.when(lambda: stage.journal.head(run_id).heartbeat_at > claimed_at[0], follows)),
                Hold(follows),
                Do(lambda: stage.journal.subscribe(run_id, "later", 5_000)),
            ]
        ]
    )
    stage.serve(run_id)

    last = len(stage.journal.events[run_id])
    for connection in ("ahead", "later"):
        assert [frame["event"]["seq"] for to, frame in sent if to == connection] == [last]
    assert [frame["event"]["seq"] for to, frame in sent if to == "c1"] == list(range(1, last + 1))


def test_an_orchestrator_that_cannot_be_made_is_told_in_the_log_of_its_run(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = stage.accept()

    asyncio.run(stage.worker(lambda: stage.orchestrator(works=False)).serve(run_id, 900))

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (failed,) = [line for line in lines if line["event"] == "worker.failed"]
    assert "the orchestrator failed twice" in failed["traceback"]


def test_the_conversation_of_a_run_with_many_tool_calls_is_kept(stage: Stage) -> None:
    @tool
    def look() -> str:
        """Look."""
        return "seen"

    stage.tools = [look]
    stage.model = ScriptedModel([[Call("look")]] * 30 + [[Say(["All seen."])], [Say(["Yes."])]])

    stage.serve(stage.accept("Look at everything.", session_id="s1"))
    stage.serve(stage.accept("Sure?", session_id="s1"))

    heard = stage.model.heard[-1]
    assert heard[0] == {"role": "user", "content": [{"text": "Look at everything."}]}
    assert [message["content"][0].get("text") for message in heard[-2:]] == ["All seen.", "Sure?"]


def test_half_a_character_in_an_error_does_not_keep_the_run_from_its_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))  # as strict as Lambda's
    stage.model = ScriptedModel([[RuntimeError("cannot say \ud83d")]])
    run_id = stage.accept()

    stage.serve(run_id)

    assert stage.types(run_id)[-1] == "RUN_FAILED"
