"""A question is asked once, settled once, and decides whether its run goes on."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from contract.errors import ErrorCode, RunError
from contract.events import Event, EventType, Status
from contract.questions import Question, QuestionState, is_question_id, question_id
from runtime.journal import AlreadyClaimed, Head, Journal, LostEpoch, NewRun, RunEnded, RunWriter

pytestmark = pytest.mark.dynamodb

NewRuns = Callable[[], NewRun]
Advance = Callable[[float], None]
WORKFLOW = "arn:aws:states:us-east-1:000000000000:execution:agent-sm:0199"
HOUR = 3_600.0
CHOICE = {"type": "string", "enum": ["regression", "weighting"]}


def asked(text: str = "Which estimator?", **fields: Any) -> tuple[Question, str]:  # noqa: ANN401  fields of Question
    return Question(question_id(text), text, time.time() + HOUR, **fields), f"interrupt {text}"


def waiting(
    journal: Journal, run: NewRun, *questions: tuple[Question, str], deadline_at: float | None = None
) -> tuple[RunWriter, Head]:
    """A claimed run that has asked the questions."""
    journal.accept(run)
    head = journal.claim(run.run_id)
    writer = RunWriter(journal, head, 1)
    writer.ask(head, questions, time.time() + 2 * HOUR if deadline_at is None else deadline_at)
    return writer, journal.head(run.run_id)


def kinds(events: list[Event]) -> list[str]:
    return [event.type.value for event in events]


def code_of(error: pytest.ExceptionInfo[RunError]) -> ErrorCode:
    return error.value.code


def test_an_id_names_its_source_and_can_be_typed() -> None:
    assert question_id("tool-1") == question_id("tool-1") != question_id("tool-2")
    assert is_question_id(question_id("tool-1"))
    assert not is_question_id("q-1")


def test_asking_writes_event_item_and_status_at_once(journal: Journal, new_run: NewRuns) -> None:
    run, question = new_run(), asked(schema=CHOICE, default="regression")

    _, head = waiting(journal, run, question)

    assert (head.status, head.open_questions) == (Status.WAITING, 1)
    newest = journal.read(run.run_id)[-1]
    assert newest.type is EventType.QUESTION
    assert newest.data["question_id"] == question[0].question_id
    assert (newest.data["schema"], newest.data["default"]) == (CHOICE, "regression")
    (stored,) = journal.questions.open(run.run_id)
    assert (stored.question, stored.source, stored.token) == (*question, "")


def test_a_worker_that_has_asked_writes_no_more(journal: Journal, new_run: NewRuns) -> None:
    writer, _ = waiting(journal, new_run(), asked())

    with pytest.raises(LostEpoch):
        writer.append(EventType.TEXT, {"text": "late"})


def test_the_answer_puts_the_run_back_into_the_queue_for_a_new_worker(journal: Journal, new_run: NewRuns) -> None:
    run, question = new_run(), asked()
    waiting(journal, run, question)

    settled = journal.questions.answer(run.run_id, question[0].question_id, "regression", time.time() + HOUR)

    assert (settled.goes_on, settled.head.status, settled.head.open_questions) == (True, Status.QUEUED, 0)
    assert settled.event.data == {"question_id": question[0].question_id, "answer": "regression", "by": "user"}
    assert settled.question.state is QuestionState.ANSWERED
    assert journal.claim(run.run_id).epoch == 2


def test_a_workflow_goes_on_by_itself(journal: Journal, new_run: NewRuns) -> None:
    run, question = replace(new_run(), workflow=WORKFLOW), asked()
    journal.accept(run)
    head, seq = journal.claim_turn(run.run_id, WORKFLOW)
    RunWriter(journal, head, seq).ask(head, [question], time.time() + HOUR)
    assert journal.questions.store_token(run.run_id, question[0].question_id, "token-1")

    settled = journal.questions.answer(run.run_id, None, 42)

    assert (settled.head.status, settled.question.token, settled.question.answer) == (Status.RUNNING, "token-1", 42)
    assert not journal.questions.store_token(run.run_id, question[0].question_id, "token-2")


def test_a_turn_is_claimed_by_its_own_execution_only_and_not_while_the_run_waits(
    journal: Journal, new_run: NewRuns
) -> None:
    run = replace(new_run(), workflow=WORKFLOW)
    journal.accept(run)
    with pytest.raises(AlreadyClaimed):
        journal.claim_turn(run.run_id, f"{WORKFLOW}-other")
    head, seq = journal.claim_turn(run.run_id, WORKFLOW)
    RunWriter(journal, head, seq).ask(head, [asked()], time.time() + HOUR)

    for workflow in (WORKFLOW, ""):
        with pytest.raises(AlreadyClaimed):
            journal.claim_turn(run.run_id, workflow)


def test_a_turn_is_claimed_with_the_number_of_a_known_event_in_runs_of_a_workflow_only(
    journal: Journal, new_run: NewRuns
) -> None:
    run, other = replace(new_run(), workflow=WORKFLOW), new_run()
    journal.accept(run)
    journal.accept(other)

    head, seq = journal.claim_turn(run.run_id, seq=1)

    assert (head.epoch, head.status, seq) == (1, Status.RUNNING, 1)
    assert journal.claim_turn(run.run_id)[1] == 1
    with pytest.raises(AlreadyClaimed):
        journal.claim_turn(other.run_id, seq=1)


def test_of_several_questions_the_last_answer_lets_the_run_go_on(journal: Journal, new_run: NewRuns) -> None:
    run, first, second = new_run(), asked("Which?"), asked("When?")
    waiting(journal, run, first, second)

    assert not journal.questions.answer(run.run_id, first[0].question_id, "this").goes_on
    assert journal.head(run.run_id).status is Status.WAITING
    assert journal.questions.answer(run.run_id, second[0].question_id, "now").goes_on
    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "QUESTION", "QUESTION", "ANSWER", "ANSWER"]


def test_without_an_id_the_one_open_question_is_meant(journal: Journal, new_run: NewRuns) -> None:
    run, first, second = new_run(), asked("Which?"), asked("When?")
    waiting(journal, run, first, second)

    with pytest.raises(RunError, match="several open questions; name one: q-") as refused:
        journal.questions.answer(run.run_id, None, "this")

    assert code_of(refused) is ErrorCode.INVALID_REQUEST
    journal.questions.answer(run.run_id, first[0].question_id, "this")
    assert journal.questions.answer(run.run_id, None, "now").question.question == second[0]


def test_of_ten_answers_at_once_one_counts(journal: Journal, new_run: NewRuns) -> None:
    run, question = new_run(), asked()
    waiting(journal, run, question)

    def answer(number: int) -> str:
        try:
            journal.questions.answer(run.run_id, question[0].question_id, number)
        except RunError as refused:
            return refused.code.value
        return "won"

    with ThreadPoolExecutor(10) as pool:
        results = sorted(pool.map(answer, range(10)))

    assert results == ["CONFLICT"] * 9 + ["won"]
    assert kinds(journal.read(run.run_id)).count("ANSWER") == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [("regression", "regression"), ('"weighting"', "weighting")],
)
def test_an_answer_fits_as_it_is_or_as_the_json_that_it_holds(
    journal: Journal, new_run: NewRuns, given: str, kept: str
) -> None:
    run = new_run()
    waiting(journal, run, asked(schema=CHOICE))

    assert journal.questions.answer(run.run_id, None, given).question.answer == kept


def test_an_answer_that_does_not_fit_leaves_the_question_open(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    waiting(journal, run, asked(schema=CHOICE))

    with pytest.raises(RunError, match="does not fit: 'magic' is not one of") as refused:
        journal.questions.answer(run.run_id, None, "magic")

    assert code_of(refused) is ErrorCode.INVALID_REQUEST
    assert len(journal.questions.open(run.run_id)) == 1


def test_a_schema_cannot_make_the_gateway_fetch_an_address(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    waiting(journal, run, asked(schema={"$ref": "https://example.com/schema.json"}))

    with pytest.raises(RunError, match=r"refers to https://example.com/schema.json"):
        journal.questions.answer(run.run_id, None, "x")


def test_there_is_no_answer_to_no_question(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    journal.accept(run)

    with pytest.raises(RunError, match="waits for no answer") as none_open:
        journal.questions.answer(run.run_id, None, "x")
    with pytest.raises(RunError, match="has no question q-0000000000") as unknown:
        journal.questions.answer(run.run_id, "q-0000000000", "x")

    assert code_of(none_open) is code_of(unknown) is ErrorCode.INVALID_REQUEST


def test_after_the_end_of_the_run_an_answer_comes_too_late(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    waiting(journal, run, asked())
    journal.close(run.run_id, EventType.RUN_CANCELLED, {})

    with pytest.raises(RunError, match="has ended as CANCELLED") as refused:
        journal.questions.answer(run.run_id, None, "x")

    assert code_of(refused) is ErrorCode.CONFLICT


def test_after_its_expiry_a_question_takes_no_answer(journal: Journal, new_run: NewRuns, advance: Advance) -> None:
    run = new_run()
    waiting(journal, run, asked())
    advance(HOUR + 1)

    with pytest.raises(RunError, match="expired at 20") as refused:
        journal.questions.answer(run.run_id, None, "x")

    assert code_of(refused) is ErrorCode.CONFLICT


def test_a_question_takes_its_default_when_it_expires_and_not_before(
    journal: Journal, new_run: NewRuns, advance: Advance
) -> None:
    run, question = new_run(), asked(default="regression")
    waiting(journal, run, question)
    assert journal.questions.expire(run.run_id, question[0].question_id) is None
    advance(HOUR + 1)

    settled = journal.questions.expire(run.run_id, question[0].question_id)

    assert settled is not None
    assert (settled.event.data["answer"], settled.event.data["by"]) == ("regression", "default")
    assert settled.head.status is Status.QUEUED
    assert journal.questions.expire(run.run_id, question[0].question_id) is None


def test_an_expired_question_without_a_default_ends_the_run(
    journal: Journal, new_run: NewRuns, advance: Advance
) -> None:
    run, question = new_run(), asked()
    waiting(journal, run, question)
    assert journal.questions.close_expired(run.run_id, question[0].question_id) is None
    advance(HOUR + 1)
    assert journal.questions.expire(run.run_id, question[0].question_id) is None

    final = journal.questions.close_expired(run.run_id, question[0].question_id)

    assert final is not None
    assert (final.type, final.data["code"]) == (EventType.RUN_TIMED_OUT, "TIMED_OUT")
    assert journal.head(run.run_id).status is Status.TIMED_OUT
    assert journal.questions.all(run.run_id)[0].state is QuestionState.EXPIRED


@pytest.mark.parametrize(("default", "status"), [("regression", Status.QUEUED), (None, Status.TIMED_OUT)])
def test_whoever_reads_a_run_settles_its_expired_question(
    journal: Journal, new_run: NewRuns, advance: Advance, default: str | None, status: Status
) -> None:
    run = new_run()
    _, head = waiting(journal, run, asked(default=default))
    assert journal.close_overdue(head) == head
    advance(HOUR + 1)

    assert journal.close_overdue(head).status is status


def test_answers_given_ahead_of_time_are_used_in_order_and_nothing_waits(journal: Journal, new_run: NewRuns) -> None:
    run = replace(new_run(), answers=("regression", 7, "left"))
    journal.accept(run)
    head = journal.claim(run.run_id)
    writer = RunWriter(journal, head, 1)
    first, second = asked("Which?", schema=CHOICE), asked("How many?", schema={"type": "integer"})

    events, answers = writer.ask(head, [first, second], time.time() + HOUR)

    assert kinds(events) == ["QUESTION", "ANSWER", "QUESTION", "ANSWER"]
    assert answers == {first[0].question_id: "regression", second[0].question_id: 7}
    assert [event.data["by"] for event in events if event.type is EventType.ANSWER] == ["ahead", "ahead"]
    after = journal.head(run.run_id)
    assert (after.status, after.answers, after.deadline_at) == (Status.RUNNING, ("left",), head.deadline_at)
    assert kinds(writer.append(EventType.TEXT, {"text": "goes on"})) == ["TEXT"]


def test_an_answer_ahead_of_time_that_does_not_fit_leaves_its_question_open(journal: Journal, new_run: NewRuns) -> None:
    run = replace(new_run(), answers=("magic",))

    _, head = waiting(journal, run, asked(schema=CHOICE))

    assert (head.status, head.answers) == (Status.WAITING, ())
    assert "not one of" in journal.read(run.run_id)[-1].data["rejected"]


def test_asking_steps_behind_the_events_of_others_and_never_after_the_end(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    journal.accept(run)
    head = journal.claim(run.run_id)
    writer = RunWriter(journal, head, 1)
    journal.request_cancel(run.run_id)

    events, _ = writer.ask(head, [asked()], time.time() + HOUR)

    assert kinds(events) == ["CANCEL_REQUESTED", "QUESTION"]
    ended = new_run()
    journal.accept(ended)
    other = RunWriter(journal, claimed := journal.claim(ended.run_id), 1)
    journal.close(ended.run_id, EventType.RUN_CANCELLED, {})
    with pytest.raises(RunEnded):
        other.ask(claimed, [asked()], time.time() + HOUR)


def test_a_step_that_waits_can_be_claimed_again(journal: Journal, new_run: NewRuns) -> None:
    run = replace(new_run(), workflow=WORKFLOW, agents=("explorer",))
    journal.accept(run)
    head, seq = journal.claim_step(run.run_id, 1)
    RunWriter(journal, head, seq).ask(head, [asked()], time.time() + HOUR, step=1)
    journal.questions.answer(run.run_id, None, "regression")

    again, newest = journal.claim_step(run.run_id, 1)

    assert (again.epoch, again.status, newest) == (2, Status.RUNNING, 3)


def test_ten_long_answers_ahead_of_time_fit_on_the_head(journal: Journal, new_run: NewRuns) -> None:
    answers = ("é" * 8_000,) * 10  # escaped they would have 480 KB, and an item holds 400 KB

    head, _ = journal.accept(replace(new_run(), answers=answers))

    assert journal.head(head.run_id).answers == answers
