"""Messages that steer a run: its agent gets each before its next model call, once, and none is lost."""

import time
from dataclasses import replace
from typing import Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError
from strands import ToolContext, tool

from contract.events import EventType, Status
from contract.run_ids import new_run_id
from runtime.journal import Head, NewRun
from runtime.journal.sessions.messages import Message, Messages
from tests.runtime.stage import Call, Do, Say, ScriptedModel
from tests.runtime.table_stage import TableStage, TableSteps

pytestmark = pytest.mark.dynamodb


@tool
def look() -> str:
    """Look."""
    return "seen"


@tool(context="tool_context")
def delete(tool_context: ToolContext) -> str:
    """Delete after a person has agreed."""
    return f"got {tool_context.interrupt('approval', reason='May I delete three files?')!r}"


def steer(stage: TableStage, run_id: str, text: str, connection_id: str | None = None) -> Head:
    """A message to the run's session while it is active."""
    head = stage.head(run_id)
    message = NewRun(
        new_run_id(), head.session_id, head.owner, "scripted", text, connection_id, time.time() + 900, if_busy="steer"
    )
    return stage.table_journal.accept(message)[0]


def play(stage: TableStage, *turns: Any) -> None:  # noqa: ANN401  steps of the model
    stage.tools = [look, delete]
    stage.model = ScriptedModel(turns)


def texts(stage: TableStage, run_id: str) -> list[str]:
    """Those of the events MESSAGE."""
    return [event.data["text"] for event in stage.of(run_id, EventType.MESSAGE)]


def test_an_agent_gets_messages_before_its_next_model_call_in_order(
    table_stage: TableStage, sent: list[tuple[str, dict[str, Any]]]
) -> None:
    stage = table_stage
    run_id = stage.accept_with()
    sends: list[Head] = []

    def send() -> None:
        sends.extend(steer(stage, run_id, text, "c2") for text in ("Leave out age.", "And income."))

    play(stage, [Say(["I look."]), Do(send), Call("look")], [Say(["Done."])])
    stage.serve(run_id)

    assert [kind for kind in stage.types(run_id) if kind != "TEXT"] == [
        *("RUN_ACCEPTED", "TOOL_CALL", "TOOL_RESULT", "MESSAGE", "MESSAGE", "USAGE", "RUN_SUCCEEDED")
    ]
    assert stage.said()[-3:] == [("user", "toolResult"), ("user", "Leave out age."), ("user", "And income.")]
    assert [event.data["message_id"] for event in stage.of(run_id, EventType.MESSAGE)] == [one.run_id for one in sends]
    ends = [frame["event"] for to, frame in sent if to == "c2" and frame["event"]["type"] == "RUN_SUCCEEDED"]
    assert [(end["run_id"], end["data"]["steered_into"]) for end in ends] == [(one.run_id, run_id) for one in sends]
    assert [frame["event"]["seq"] for to, frame in sent if to == "c1"] == list(range(1, len(stage.types(run_id)) + 1))


def test_the_session_keeps_the_messages(table_stage: TableStage) -> None:
    stage = table_stage
    run_id = stage.accept_with()
    play(stage, [Do(lambda: steer(stage, run_id, "Leave out age.")), Call("look")], [Say(["Done."])], [Say(["Again."])])
    stage.serve(run_id)

    head = stage.head(run_id)
    following = NewRun(new_run_id(), run_id, head.owner, "scripted", "And now?", None, time.time() + 900)
    stage.table_journal.accept(following)
    stage.serve(following.run_id)

    assert [said for who, said in stage.said() if who == "user"] == ["How?", "toolResult", "Leave out age.", "And now?"]


def test_a_message_before_the_worker_starts_is_given_with_the_question(table_stage: TableStage) -> None:
    stage = table_stage
    run_id = stage.accept_with()
    steer(stage, run_id, "In one sentence.")
    play(stage, [Say(["Done."])])

    stage.serve(run_id)

    assert stage.said() == [("user", "How?"), ("user", "In one sentence.")]
    assert texts(stage, run_id) == ["In one sentence."]


def test_a_message_after_the_last_model_call_becomes_the_next_run(table_stage: TableStage) -> None:
    stage = table_stage
    run_id = stage.accept_with()
    sends: list[Head] = []
    play(stage, [Say(["Done."]), Do(lambda: sends.append(steer(stage, run_id, "And income?")))], [Say(["More."])])

    stage.serve(run_id)

    assert texts(stage, run_id) == []
    released = stage.table_journal.messages.release_next(stage.head(run_id))
    assert released is not None
    assert released.run_id == sends[0].run_id
    stage.serve(released.run_id)
    assert stage.head(released.run_id).status is Status.SUCCEEDED
    assert stage.said()[-1] == ("user", "And income?")


def test_a_message_to_a_run_that_waits_is_no_answer_and_comes_after_it(table_stage: TableStage) -> None:
    stage = table_stage
    play(stage, [Call("delete")], [Say(["Done."])])
    run_id = stage.ask()

    steer(stage, run_id, "Hurry.")
    assert (stage.head(run_id).status, len(stage.open(run_id))) == (Status.WAITING, 1)
    stage.go_on(run_id, "yes")

    assert stage.said()[-2:] == [("user", "toolResult"), ("user", "Hurry.")]
    assert stage.results(run_id) == [("success", "got 'yes'")]
    assert stage.types(run_id)[-5:] == ["TOOL_RESULT", "MESSAGE", "TEXT", "USAGE", "RUN_SUCCEEDED"]


def test_a_message_before_a_question_is_given_once(table_stage: TableStage) -> None:
    stage = table_stage
    run_id = stage.accept_with()
    play(stage, [Do(lambda: steer(stage, run_id, "Hurry.")), Call("look")], [Call("delete")], [Say(["Done."])])
    stage.serve(run_id)
    assert stage.head(run_id).status is Status.WAITING

    stage.go_on(run_id, "yes")

    assert texts(stage, run_id) == ["Hurry."]
    assert [said for _, said in stage.said()].count("Hurry.") == 1


def test_a_message_to_a_waiting_run_whose_question_expires_starts_in_its_turn(table_stage: TableStage) -> None:
    stage = table_stage
    play(stage, [Call("delete")])
    run_id = stage.ask()
    message = steer(stage, run_id, "Hurry.")

    stage.table_journal.close(run_id, EventType.RUN_TIMED_OUT, {})

    released = stage.table_journal.messages.release_next(stage.head(run_id))
    assert released is not None
    assert released.run_id == message.run_id


def test_a_background_agent_takes_a_message_and_the_next_agent_does_not(
    steps: TableSteps, table_stage: TableStage
) -> None:
    stage = table_stage
    job = steps.accept(steps=2)
    play(stage, [Do(lambda: steer(stage, job.run_id, "Hurry.")), Call("look")], [Say(["Done."])], [Say(["Again."])])

    steps.execute(job)
    assert stage.said()[-1] == ("user", "Hurry.")
    after = steps.execute(steps.following(job))

    assert after is not None
    assert after.status is Status.SUCCEEDED
    assert ("user", "Hurry.") not in stage.said()
    assert texts(stage, job.run_id) == ["Hurry."]


def test_an_agent_that_is_to_stop_takes_no_message(table_stage: TableStage) -> None:
    stage = table_stage
    run_id = stage.accept_with()

    def stop() -> None:
        steer(stage, run_id, "Too late.")
        stage.table_journal.request_cancel(run_id)

    play(stage, [Say(["I look."]), Do(stop), Call("look")], [Say(["Done."])])
    stage.serve(run_id)

    assert (stage.head(run_id).status, texts(stage, run_id)) == (Status.CANCELLED, [])
    assert stage.table_journal.messages.release_next(stage.head(run_id)) is not None


def test_a_message_whose_taking_lost_its_response_is_given_at_the_next_call(
    table_stage: TableStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = table_stage
    run_id = stage.accept_with()
    take, lost = Messages.take, list[list[Message]]()

    def lose_response(self: Messages, run: Head) -> list[Message]:
        taken = take(self, run)
        if taken and not lost:
            lost.append(taken)
            raise EndpointConnectionError(endpoint_url="https://dynamodb")
        return taken

    monkeypatch.setattr(Messages, "take", lose_response)
    play(stage, [Do(lambda: steer(stage, run_id, "Hurry.")), Call("look")], [Call("look")], [Say(["Done."])])
    stage.serve(run_id)

    heard = [[str(block.get("text", "")) for block in call[-1]["content"]] for call in stage.model.heard]
    assert [("Hurry." in call) for call in heard] == [False, False, True]
    assert texts(stage, run_id) == ["Hurry."]


def test_a_worker_that_lost_the_run_takes_no_message(table_stage: TableStage) -> None:
    stage = table_stage
    run_id = stage.accept_with()
    head = stage.table_journal.claim(run_id)
    message = steer(stage, run_id, "Hurry.")

    stale = replace(stage.head(run_id), epoch=head.epoch + 1)

    assert stage.table_journal.messages.take(stale) == []
    assert stage.head(message.run_id).status is Status.QUEUED
    assert [one.text for one in stage.table_journal.messages.take(stage.head(run_id))] == ["Hurry."]
    assert cast("Any", stage.head(run_id)).steered == len(stage.types(run_id))
