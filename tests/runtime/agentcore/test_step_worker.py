"""A background run's steps, each carried by a worker: what they journal, hand on, and how they end."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from strands import tool

from contract.errors import ErrorCode, RunError
from contract.events import Event, EventType, Status
from runtime.delivery.connections import NoConnections
from runtime.delivery.end_notifier import EndNotifier
from runtime.journal import Head
from tests.runtime.background_stage import BackgroundStage
from tests.runtime.conftest import Sent
from tests.runtime.stage import Call, Do, End, Hold, Say, ScriptedModel, Stage

STEP = ["AGENT_INVOCATION_SUCCEEDED", "AGENT_BACKGROUND_TASK_STARTED", "TEXT", "USAGE"]


@pytest.fixture
def background(stage: Stage) -> BackgroundStage:
    return BackgroundStage(stage)


def event(stage: Stage, run_id: str, kind: EventType) -> Event:
    """The run's one event of a type."""
    (found,) = [event for event in stage.journal.events[run_id] if event.type is kind]
    return found


def test_a_run_of_one_step_is_journalled_from_invocation_to_end(background: BackgroundStage, stage: Stage) -> None:
    job = background.accept()

    head = background.execute(job)

    assert stage.types(job.run_id) == ["RUN_ACCEPTED", *STEP, "AGENT_BACKGROUND_TASK_COMPLETED", "RUN_SUCCEEDED"]
    for kind in (EventType.AGENT_INVOCATION_SUCCEEDED, EventType.AGENT_BACKGROUND_TASK_STARTED):
        assert event(stage, job.run_id, kind).data == {"agent": "scripted", "step": 1}
    end = stage.end(job.run_id)
    assert (end.data["stop_reason"], end.data["events"], end.data["text_chars"]) == ("end_turn", end.seq, 11)
    assert head == stage.journal.head(job.run_id)
    assert head is not None
    assert (head.status, head.step, head.step_done, head.last_seq) == (Status.SUCCEEDED, 1, 1, end.seq)
    assert head.usage == {"input_tokens": 10, "output_tokens": 4, "model_calls": 1}


def test_a_step_hands_on_its_last_words_and_the_files_there_are(background: BackgroundStage, stage: Stage) -> None:
    @tool
    def look() -> str:
        """Look."""
        return "seen"

    job = background.accept()
    stage.tools = [look]
    stage.model = ScriptedModel([[Say(["Let me look."]), Call("look")], [Say(["1,794 dollars."])]])
    stage.bucket.objects[f"runs/{job.run_id}/files/plots/balance.png"] = b"\x89PNG"

    head = background.execute(job)

    assert head is not None
    assert head.output == f"runs/{job.run_id}/steps/01-scripted.json"
    found = {"agent": "scripted", "step": 1, "text": "1,794 dollars.", "files": ["plots/balance.png"]}
    assert background.output(head.output) == found
    assert event(stage, job.run_id, EventType.AGENT_BACKGROUND_TASK_COMPLETED).data["output"] == head.output


def test_a_step_that_is_not_the_last_leaves_the_run_going(background: BackgroundStage, stage: Stage) -> None:
    job = background.accept(steps=2)

    head = background.execute(job)

    assert stage.types(job.run_id) == ["RUN_ACCEPTED", *STEP, "AGENT_BACKGROUND_TASK_COMPLETED"]
    assert head is not None
    assert (head.status, head.step_done) == (Status.RUNNING, 1)


def test_the_next_step_gets_the_question_and_what_the_agent_before_found(
    background: BackgroundStage, stage: Stage
) -> None:
    job = background.accept("Did it raise earnings?", steps=2)
    background.execute(job)
    first = stage.model.heard[0]
    stage.model = ScriptedModel([[Say(["Yes."])]])

    head = background.execute(background.following(job))

    assert first[0]["content"][0]["text"] == "Did it raise earnings?"
    asked = "Did it raise earnings?\n\nWhat the agent scripted found:\nHello world"
    assert [message["content"] for message in stage.model.heard[0][:1]] == [[{"text": asked}]]
    ended = ["AGENT_BACKGROUND_TASK_COMPLETED"]
    assert stage.types(job.run_id) == ["RUN_ACCEPTED", *STEP, *ended, *STEP, *ended, "RUN_SUCCEEDED"]
    assert head is not None
    assert head.usage == {"input_tokens": 20, "output_tokens": 8, "model_calls": 2}
    assert background.output(head.output)["text"] == "Yes."


def test_a_step_that_is_delivered_twice_is_carried_once(background: BackgroundStage, stage: Stage) -> None:
    job = background.accept()

    async def both() -> list[Head | None]:
        return list(await asyncio.gather(background.worker().execute(job), background.worker().execute(job)))

    heads = asyncio.run(both())

    assert [head is None for head in heads].count(True) == 1
    assert background.execute(job) is not None  # the run has ended: the session may
    assert len(stage.model.heard) == 1
    assert stage.types(job.run_id).count("AGENT_INVOCATION_SUCCEEDED") == 1


@pytest.mark.parametrize("steps", [1, 2])
def test_an_agent_that_is_revived_after_its_run_was_ended_sends_nothing_more(
    background: BackgroundStage, stage: Stage, sent: Sent, steps: int
) -> None:
    job = background.accept(steps=steps)

    def end() -> None:
        lost = {"code": "AGENT_LOST", "error": "It sent no heartbeat."}
        final = stage.journal.close(job.run_id, EventType.RUN_FAILED, lost, lost)
        assert final is not None
        EndNotifier(stage.bench.connections).publish(stage.journal, final)

    def posted() -> list[str]:
        return [frame["event"]["type"] for _, frame in sent if frame["type"] == "event"]

    gate = threading.Event()
    watch = Do(lambda: stage.when(lambda: "TEXT" in posted(), gate))
    stage.model = ScriptedModel([[Say(["begun "]), watch, Hold(gate), Do(end), Say(["too late"]), Hold()]])

    head = background.execute(job)

    assert head is not None
    assert head.status is Status.FAILED
    assert posted()[-2:] == ["TEXT", "RUN_FAILED"]
    assert posted().count("RUN_FAILED") == 1


def test_a_step_that_comes_after_the_runs_end_does_nothing(background: BackgroundStage, stage: Stage) -> None:
    job = replace(background.accept(), token="t")
    stage.journal.close(job.run_id, EventType.RUN_CANCELLED, {})

    head = background.execute(job)

    assert head is not None
    assert stage.types(job.run_id) == ["RUN_ACCEPTED", "RUN_CANCELLED"]
    assert background.states.told == [("t", {"status": "CANCELLED", "output": ""})]


def test_a_step_of_an_unknown_run_is_passed_over(background: BackgroundStage) -> None:
    job = replace(background.accept(), run_id="nowhere")

    assert background.execute(job) is None


def test_an_agent_that_fails_ends_the_run_with_the_reason_and_its_text(
    background: BackgroundStage, stage: Stage
) -> None:
    job = background.accept(steps=3)
    stage.model = ScriptedModel([[Say(["Half of "]), ValueError("secret")]])

    head = background.execute(job)

    assert stage.types(job.run_id)[-2:] == ["AGENT_BACKGROUND_TASK_FAILED", "RUN_FAILED"]
    failed, end = stage.journal.events[job.run_id][-2:]
    assert failed.data == {"agent": "scripted", "step": 1, "reason": end.data["error"]}
    assert "secret" not in end.data["error"]
    assert stage.text(job.run_id) == "Half of "
    assert head is not None
    assert (head.status, head.step_done, head.output) == (Status.FAILED, 0, "")


def test_a_cancelled_step_keeps_its_text(background: BackgroundStage, stage: Stage) -> None:
    job = replace(background.accept(steps=2), token="t")
    stage.model = ScriptedModel(
        [[Say(["Half of "]), Do(lambda: stage.journal.request_cancel(job.run_id)), Hold(), Say(["it"])]]
    )

    background.execute(job)

    assert stage.types(job.run_id)[-2:] == ["AGENT_BACKGROUND_TASK_FAILED", "RUN_CANCELLED"]
    assert stage.text(job.run_id) == "Half of "
    assert background.states.told[-1] == ("t", {"status": "CANCELLED", "output": ""})


def test_a_run_that_was_cancelled_before_its_step_begins_asks_no_model(
    background: BackgroundStage, stage: Stage
) -> None:
    job = background.accept()
    stage.journal.request_cancel(job.run_id)

    background.execute(job)

    assert stage.types(job.run_id)[-1] == "RUN_CANCELLED"
    assert stage.model.heard == []


def test_an_agent_whose_time_is_over_is_told_so(background: BackgroundStage, stage: Stage) -> None:
    job = replace(background.accept(), seconds=0.4)
    stage.model = ScriptedModel([[Say(["Half of "]), Hold(threading.Event())]])

    background.execute(job)

    end = stage.end(job.run_id)
    assert end.type is EventType.RUN_TIMED_OUT
    told = "the agent scripted did not end within its 0.4 seconds; the text so far is kept"
    assert (end.data["code"], end.data["error"]) == ("TIMED_OUT", told)
    assert event(stage, job.run_id, EventType.AGENT_BACKGROUND_TASK_FAILED).data["reason"] == told


def test_an_output_that_cannot_be_stored_fails_the_run(
    background: BackgroundStage, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = background.accept(steps=2)

    def refuse(**_: object) -> None:
        raise ConnectionError("no bucket")

    monkeypatch.setattr(stage.bucket, "put_object", refuse)
    background.execute(job)

    end = stage.end(job.run_id)
    assert (end.type, end.data["code"]) == (EventType.RUN_FAILED, "INTERNAL")
    assert end.data["error"].startswith("the agent's output could not be stored")
    assert stage.text(job.run_id) == "Hello world"


def test_an_output_that_cannot_be_read_fails_the_run_before_a_model_is_asked(
    background: BackgroundStage, stage: Stage
) -> None:
    job = background.accept(steps=2)
    background.execute(job)
    stage.model = ScriptedModel([[Say(["Never said."])]])

    background.execute(replace(background.following(job), output="runs/gone.json"))

    end = stage.end(job.run_id)
    assert end.data["error"] == ("the output of the agent before could not be read; see the agents' log for the reason")
    assert stage.model.heard == []
    assert stage.journal.head(job.run_id).usage["model_calls"] == 1


def test_an_orchestrator_that_cannot_be_made_fails_the_run(background: BackgroundStage, stage: Stage) -> None:
    job = replace(background.accept(), agent="unheard_of")

    background.execute(job)

    end = stage.end(job.run_id)
    assert (end.type, end.data["code"]) == (EventType.RUN_FAILED, "INVALID_REQUEST")
    assert stage.types(job.run_id)[1] == "AGENT_INVOCATION_SUCCEEDED"


def test_an_evicted_step_ends_its_run_in_time(background: BackgroundStage, stage: Stage) -> None:
    job = replace(background.accept(steps=2), token="t")
    speaking = threading.Event()
    stage.model = ScriptedModel([[Say(["Half of "]), Do(speaking.set), Hold()]])

    async def evicted() -> float:
        worker = background.worker()
        carrying = asyncio.create_task(worker.execute(job))
        await asyncio.to_thread(speaking.wait, 10)
        began = asyncio.get_running_loop().time()
        worker.evict(9.0)
        await carrying
        return asyncio.get_running_loop().time() - began

    assert asyncio.run(evicted()) < 5
    failed, end = stage.journal.events[job.run_id][-2:]
    assert (failed.type, end.type) == (EventType.AGENT_BACKGROUND_TASK_FAILED, EventType.RUN_FAILED)
    assert (end.data["code"], end.data["stop_reason"]) == ("AGENT_LOST", "evicted")
    assert "ended from outside" in end.data["error"]
    assert stage.text(job.run_id) == "Half of "
    assert background.states.told == [("t", {"status": "FAILED", "output": ""})]


def test_a_step_that_begins_during_an_eviction_ends_at_once(background: BackgroundStage, stage: Stage) -> None:
    job = background.accept()

    async def evicted() -> None:
        worker = background.worker()
        worker.evict(9.0)
        await worker.execute(job)

    asyncio.run(evicted())

    assert stage.end(job.run_id).data["code"] == "AGENT_LOST"
    assert stage.model.heard == []


def test_a_tool_that_does_not_stop_does_not_hold_up_an_eviction(background: BackgroundStage, stage: Stage) -> None:
    job = background.accept()
    inside, release = threading.Event(), threading.Event()

    @tool
    def block() -> str:
        """Block."""
        inside.set()
        release.wait(30)
        return "done"

    stage.tools = [block]
    stage.model = ScriptedModel([[Call("block")], [Say(["x"])]])

    async def evicted() -> list[str]:
        worker = background.worker()
        carrying = asyncio.create_task(worker.execute(job))
        await asyncio.to_thread(inside.wait, 10)
        worker.evict(0.4)
        await carrying
        types = stage.types(job.run_id)
        release.set()
        await stage.others_ended()
        return types

    assert asyncio.run(evicted())[-1] == "RUN_FAILED"


def test_a_step_whose_end_cannot_be_written_leaves_the_run_to_its_workflow(
    background: BackgroundStage, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = replace(background.accept(steps=2), token="t")
    append: Callable[..., Any] = stage.journal.log.append

    def full(run_id: str, seq: int, entry: Any, *others: object) -> object:  # noqa: ANN401  the log's own
        if others:
            raise RunError(ErrorCode.THROTTLED, "The run journal takes no more requests now.")
        return append(run_id, seq, entry, *others)

    monkeypatch.setattr(stage.journal.log, "append", full)
    monkeypatch.setattr("runtime.engine.event_writer._RETRY_DELAYS", (0.0, 0.0))
    with pytest.raises(RunError, match="takes no more"):
        background.execute(job)

    assert stage.types(job.run_id)[-1] == "USAGE"
    assert background.states.told == []


def test_a_journal_that_takes_no_claim_is_asked_again(
    background: BackgroundStage, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = background.accept()
    claim: Callable[..., Any] = stage.journal.claim_step
    failures = [RunError(ErrorCode.THROTTLED, "The run journal takes no more requests now.")] * 2

    def throttled(run_id: str, step: int) -> object:
        if failures:
            raise failures.pop()
        return claim(run_id, step)

    monkeypatch.setattr(stage.journal, "claim_step", throttled)
    monkeypatch.setattr("runtime.agentcore.step_worker._CLAIM_DELAYS", (0.0, 0.0))
    background.execute(job)

    assert stage.types(job.run_id)[-1] == "RUN_SUCCEEDED"


def test_a_stack_without_a_websocket_posts_to_nobody(background: BackgroundStage, stage: Stage) -> None:
    stage.connect(NoConnections())
    job = background.accept()

    background.execute(job)

    assert stage.types(job.run_id)[-1] == "RUN_SUCCEEDED"
    assert stage.journal.head(job.run_id).subscribers == {}


@pytest.mark.parametrize(
    ("end", "code"),
    [("content_filtered", "MODEL_ERROR"), ("a_reason_of_next_year", "MODEL_ERROR"), (None, "MODEL_ERROR")],
)
def test_an_agent_without_an_answer_hands_on_nothing(
    background: BackgroundStage, stage: Stage, end: str | None, code: str
) -> None:
    job = replace(background.accept(steps=2), token="t")
    stage.model = ScriptedModel([[Say(["Half of "]), End(end)]])

    head = background.execute(job)

    assert stage.types(job.run_id)[-2:] == ["AGENT_BACKGROUND_TASK_FAILED", "RUN_FAILED"]
    failed, final = stage.journal.events[job.run_id][-2:]
    assert (final.data["code"], failed.data["reason"]) == (code, final.data["error"])
    assert stage.text(job.run_id) == "Half of "
    assert head is not None
    assert (head.status, head.step_done, head.output) == (Status.FAILED, 0, "")
    assert background.states.told[-1] == ("t", {"status": "FAILED", "output": ""})
