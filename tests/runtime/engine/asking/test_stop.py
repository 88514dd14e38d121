"""Stops of a run: answers ahead of time, expiry, cancellation, bad questions, and what a session keeps."""

import asyncio
import json
from typing import Any

import pytest
from pydantic import BaseModel
from strands import ToolContext, tool
from strands.vended_tools import handoff_to_user

from contract.events import EventType, Status
from contract.limits import MAX_PROMPT_CHARS, MAX_QUESTIONS
from runtime.engine.asking import paused
from tests.runtime.journal_table import Clock
from tests.runtime.stage import Call, Say, ScriptedModel, Turn
from tests.runtime.table_stage import TableStage, TableSteps

pytestmark = pytest.mark.dynamodb


class Found(BaseModel):
    """What was found."""

    number: int


def handoff(text: str) -> Call:
    return Call("handoff_to_user", {"message": text})


def prepare(stage: TableStage, *turns: Turn, **options: Any) -> None:  # noqa: ANN401  as Strands
    stage.tools = [handoff_to_user]
    stage.options = options
    stage.model = ScriptedModel([*turns, [Say(["Done."])]])


def test_an_answer_ahead_of_time_needs_no_pause(table_stage: TableStage) -> None:
    prepare(table_stage, [handoff("First?")], [handoff("Second?")])

    run_id = table_stage.ask("1", "2")

    head = table_stage.head(run_id)
    assert (head.status, head.epoch, head.answers) == (Status.SUCCEEDED, 1, ())
    assert [result for _, result in table_stage.results(run_id)] == ["1", "2"]
    assert [event.data["by"] for event in table_stage.of(run_id, EventType.ANSWER)] == ["ahead", "ahead"]
    assert f"runs/{run_id}/paused.json" not in table_stage.bucket.objects


def test_questions_without_answers_of_their_own_wait_while_others_are_answered_ahead(table_stage: TableStage) -> None:
    prepare(table_stage, [handoff("First?"), handoff("Second?")])

    run_id = table_stage.ask("1")

    assert [question.question.text for question in table_stage.open(run_id)] == ["Second?"]
    table_stage.go_on(run_id, "2")
    assert sorted(result for _, result in table_stage.results(run_id)) == ["1", "2"]


def test_the_session_has_the_conversation_as_if_there_had_been_no_pause(table_stage: TableStage) -> None:
    prepare(table_stage, [handoff("Which?")])
    run_id = table_stage.ask()
    table_stage.go_on(run_id, "this")

    (stored,) = [body for key, body in table_stage.bucket.objects.items() if key.startswith("sessions/")]

    messages = json.loads(stored)
    assert [message["role"] for message in messages] == ["user", "assistant", "user", "assistant"]
    assert messages[0]["content"] == [{"text": "How?"}]
    assert messages[2]["content"][0]["toolResult"]["content"] == [{"text": "this"}]
    assert messages[3]["content"] == [{"text": "Done."}]


def test_an_expired_question_goes_on_by_its_default(table_stage: TableStage, clock: Clock) -> None:
    @tool(context="tool_context")
    def pick(tool_context: ToolContext) -> str:
        """Pick."""
        reason = {"text": "Which?", "default": "ols", "expires_in_seconds": 60}
        return str(tool_context.interrupt("pick", reason=reason))

    prepare(table_stage, [Call("pick")])
    table_stage.tools = [pick]
    run_id = table_stage.ask()
    (question,) = table_stage.open(run_id)
    worker = table_stage.worker()
    clock.advance(61)
    worker._expiry._clock = clock  # noqa: SLF001  the journal's, which is ahead

    asyncio.run(worker.expire(run_id, question.question_id, 12.0))

    assert table_stage.head(run_id).status is Status.SUCCEEDED
    assert table_stage.results(run_id) == [("success", "ols")]
    assert table_stage.of(run_id, EventType.ANSWER)[0].data["by"] == "default"


def test_an_expired_question_without_a_default_ends_the_run_and_its_timer_does_nothing_later(
    table_stage: TableStage, clock: Clock, sent: list[tuple[str, dict[str, Any]]]
) -> None:
    prepare(table_stage, [handoff("Which?")])
    run_id = table_stage.ask()
    (question,) = table_stage.open(run_id)
    worker = table_stage.worker()
    clock.advance(3_601)
    worker._expiry._clock = clock  # noqa: SLF001  the journal's, which is ahead

    asyncio.run(worker.expire(run_id, question.question_id, 12.0))
    asyncio.run(worker.expire(run_id, question.question_id, 12.0))

    assert table_stage.types(run_id)[-1] == "RUN_TIMED_OUT"
    posted = [frame["event"]["seq"] for _, frame in sent if frame["type"] == "event"]
    assert posted == list(range(1, len(table_stage.types(run_id)) + 1))


def test_a_timer_goes_on_where_a_reader_took_the_default_and_no_worker_began(
    table_stage: TableStage, clock: Clock
) -> None:
    @tool(context="tool_context")
    def pick(tool_context: ToolContext) -> str:
        """Pick."""
        return str(tool_context.interrupt("pick", reason={"text": "Which?", "default": "ols"}))

    prepare(table_stage, [Call("pick")])
    table_stage.tools = [pick]
    run_id = table_stage.ask()
    (question,) = table_stage.open(run_id)
    clock.advance(3_601)
    assert table_stage.table_journal.close_overdue(table_stage.head(run_id)).status is Status.QUEUED

    asyncio.run(table_stage.worker().expire(run_id, question.question_id, 12.0))

    assert table_stage.head(run_id).status is Status.SUCCEEDED
    assert table_stage.results(run_id) == [("success", "ols")]


def test_a_timer_of_an_answered_question_does_nothing(table_stage: TableStage) -> None:
    prepare(table_stage, [handoff("Which?")])
    run_id = table_stage.ask()
    (question,) = table_stage.open(run_id)
    table_stage.go_on(run_id, "this")
    before = table_stage.types(run_id)

    asyncio.run(table_stage.worker().expire(run_id, question.question_id, 12.0))

    assert table_stage.types(run_id) == before


def test_a_cancelled_run_does_not_go_on_after_its_answer(table_stage: TableStage) -> None:
    prepare(table_stage, [handoff("Which?")])
    run_id = table_stage.ask()
    table_stage.table_journal.request_cancel(run_id)

    table_stage.go_on(run_id, "this")

    assert table_stage.types(run_id)[-1] == "RUN_CANCELLED"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ({"text": "x" * (MAX_PROMPT_CHARS + 1)}, "may have 4,000"),
        ({"text": "Which?", "schema": {"type": "nothing"}}, "not a JSON schema"),
        ({"text": "Which?", "schema": {"$ref": "https://example.com/x"}}, "which it does not contain"),
        ({"text": "Which?", "schema": {"enum": ["a"]}, "default": "b"}, "default does not fit"),
        ({"text": "Which?", "expires_in_seconds": 0}, "expires_in_seconds is 0"),
        ({"text": " "}, "not a text with content"),
    ],
    ids=["text", "schema", "reference", "default", "expiry", "blank"],
)
def test_a_bad_question_of_a_tool_is_the_tools_error(
    table_stage: TableStage, reason: dict[str, Any], words: str
) -> None:
    @tool(context="tool_context")
    def pick(tool_context: ToolContext) -> str:
        """Pick."""
        return str(tool_context.interrupt("pick", reason=reason))

    prepare(table_stage, [Call("pick")])
    table_stage.tools = [pick]

    run_id = table_stage.ask()

    ((status, content),) = table_stage.results(run_id)
    assert status == "error"
    assert words in content
    assert table_stage.head(run_id).status is Status.SUCCEEDED


def test_the_eleventh_question_at_once_is_an_error_for_the_model(table_stage: TableStage) -> None:
    prepare(table_stage, [handoff(f"Number {number}?") for number in range(MAX_QUESTIONS + 1)])

    run_id = table_stage.ask()

    assert len(table_stage.open(run_id)) == MAX_QUESTIONS
    table_stage.go_on(run_id, *["yes"] * MAX_QUESTIONS)
    assert sorted(status for status, _ in table_stage.results(run_id)) == ["error", *["success"] * MAX_QUESTIONS]


def test_a_state_that_is_too_large_ends_the_run_with_the_reason(
    table_stage: TableStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paused, "MAX_BYTES", 100)
    prepare(table_stage, [handoff("Which?")])

    run_id = table_stage.ask()

    assert table_stage.head(run_id).status is Status.FAILED
    assert "at most 100 can be stored" in table_stage.end(run_id).data["error"]


def test_a_state_of_another_form_ends_the_run_with_the_versions(table_stage: TableStage) -> None:
    prepare(table_stage, [handoff("Which?")])
    run_id = table_stage.ask()
    key = f"runs/{run_id}/paused.json"
    stored = json.loads(table_stage.bucket.objects[key])
    stored["strands"] = "9.9"
    stored["snapshots"][""]["schema_version"] = "2.0"
    table_stage.bucket.objects[key] = json.dumps(stored).encode()

    table_stage.go_on(run_id, "this")

    assert table_stage.head(run_id).status is Status.FAILED
    assert "stored by strands-agents 9.9" in table_stage.end(run_id).data["error"]


def test_a_step_asks_leaves_its_session_and_is_claimed_again(steps: TableSteps, table_stage: TableStage) -> None:
    prepare(table_stage, [handoff("Which?")])
    job = steps.accept(steps=1)

    paused_head = steps.execute(job)

    assert paused_head is not None
    assert (paused_head.status, paused_head.step) == (Status.WAITING, 0)
    steps.answer(job, "this")
    after = steps.execute(job)
    assert after is not None
    assert (after.status, after.step_done) == (Status.SUCCEEDED, 1)
    assert table_stage.results(job.run_id) == [("success", "this")]


def test_an_agent_with_structured_output_asks_and_gives_its_object(table_stage: TableStage) -> None:
    turns: list[Turn] = [[handoff("Which?")], [Call("Found", {"number": 7})]]
    prepare(table_stage, *turns, structured_output_model=Found)

    run_id = table_stage.ask()
    table_stage.go_on(run_id, "this")

    assert table_stage.end(run_id).data["output"] == {"number": 7}
