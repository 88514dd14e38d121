"""A user answers the question of a run: every case has one outcome, whoever else answers, cancels or waits too long."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract.errors import ErrorCode, RunError
from contract.events import EventType, Status
from contract.questions import Question, question_id
from contract.run_ids import new_run_id
from runtime.delivery.connections import Connections
from runtime.gateway.actions import Actions, Caller
from runtime.gateway.client_messages import (
    AnswerRequest,
    CancelRequest,
    Request,
    ResumeRequest,
    RunsRequest,
    StartRequest,
)
from runtime.gateway.file_links import FileLinks
from runtime.journal import Journal, NewRun, RunWriter
from runtime.process.dispatch import Dispatcher, DispatchError
from runtime.process.task_tokens import TaskTokens

pytestmark = pytest.mark.dynamodb

Sent = list[tuple[str, dict[str, Any]]]
NewRuns = Callable[[], NewRun]
Advance = Callable[[float], None]
HOUR = 3_600.0
CHOICE = {"type": "string", "enum": ["regression", "weighting"]}
WORKFLOW = "arn:aws:states:us-east-1:000000000000:execution:agent-sm:0199"


class RecordingTokens(TaskTokens):
    """Notes what each waiting state is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def succeed(self, token: str, output: Any) -> None:  # noqa: ANN401  JSON
        self.sent.append((token, output["state"]))

    def fail(self, token: str, error: Exception) -> None:
        self.sent.append((token, type(error).__name__))


class RecordingDispatcher(Dispatcher):
    """Notes the runs whose worker is invoked, and what was `posted` before, or rejects each with `failure`."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.failure: DispatchError | None = None
        self.posted: Sent = []
        self.before: Sent = []

    def dispatch(self, run_id: str, traceparent: str = "") -> None:  # noqa: ARG002  as the original
        if self.failure:
            raise self.failure
        self.runs.append(run_id)
        self.before = [*self.posted]


class Desk:
    """A gateway over the genuine journal, and a run that has asked."""

    def __init__(self, journal: Journal, connections: Connections, run: NewRun) -> None:
        self.journal = journal
        self.run = run
        self.tokens = RecordingTokens()
        self.workers = RecordingDispatcher()
        links = FileLinks("payloads")
        self.actions = Actions(journal, connections, self.workers, links, ("first",), 900, tokens=self.tokens)

    def ask(self, *questions: Question) -> None:
        """The run's worker asks, and has returned."""
        self.journal.accept(self.run)
        head = self.journal.claim(self.run.run_id)
        RunWriter(self.journal, head, 1).ask(head, [(question, question.text) for question in questions], deadline())

    def say(self, request: Request, connection: str = "c1", owner: str | None = None) -> None:
        self.actions.serve(Caller(connection, owner or self.run.owner, lambda: True), request)

    def answer(self, answer: object, question: str | None = None, connection: str = "c1") -> None:
        self.say(AnswerRequest(self.run.run_id, question, answer), connection)

    def rejection(self, answer: object, question: str | None = None, owner: str | None = None) -> RunError:
        with pytest.raises(RunError) as caught:
            self.say(AnswerRequest(self.run.run_id, question, answer), "c1", owner)
        return caught.value

    @property
    def status(self) -> Status:
        return self.journal.head(self.run.run_id).status

    def kinds(self) -> list[str]:
        return [event.type.value for event in self.journal.read(self.run.run_id)]


def deadline() -> float:
    return time.time() + 2 * HOUR


def asked(text: str = "Which estimator?", **fields: Any) -> Question:  # noqa: ANN401  fields of Question
    return Question(question_id(text), text, time.time() + HOUR, **fields)


def types(sent: Sent, connection: str = "c1") -> list[str]:
    frames = [frame for to, frame in sent if to == connection]
    return [frame["event"]["type"] if frame["type"] == "event" else str(frame.get("action")) for frame in frames]


@pytest.fixture
def desk(journal: Journal, connections: Connections, new_run: NewRuns) -> Desk:
    return Desk(journal, connections, new_run())


@pytest.fixture
def workflow_desk(journal: Journal, connections: Connections, new_run: NewRuns) -> Desk:
    made = new_run()
    run = NewRun(made.run_id, made.run_id, made.owner, "agent", "Why?", None, deadline(), workflow=WORKFLOW)
    return Desk(journal, connections, run)


def test_an_answer_is_acknowledged_and_the_worker_is_invoked_again(desk: Desk, sent: Sent) -> None:
    question = asked(schema=CHOICE)
    desk.ask(question)

    desk.answer("regression")

    ack = {"type": "ack", "action": "answer", "run_id": desk.run.run_id, "session_id": desk.run.session_id}
    assert sent == [("c1", ack)]
    assert desk.workers.runs == [desk.run.run_id]
    assert desk.status is Status.QUEUED
    newest = desk.journal.read(desk.run.run_id)[-1]
    assert newest.data == {"question_id": question.question_id, "answer": "regression", "by": "user"}


def test_a_reader_gets_the_answer_before_the_worker_is_invoked(desk: Desk, sent: Sent) -> None:
    desk.ask(asked())
    desk.say(ResumeRequest(desk.run.run_id, 0), "c2")
    desk.workers.posted = sent

    desk.answer("yes")

    assert types(sent, "c2")[-2:] == ["QUESTION", "ANSWER"]
    assert [frame["event"]["type"] for _, frame in desk.workers.before if "event" in frame][-1] == "ANSWER"
    assert desk.journal.head(desk.run.run_id).subscribers == {"c2": 3}


def test_a_run_that_goes_on_has_the_time_of_a_new_worker(desk: Desk, advance: Advance) -> None:
    desk.ask(asked())
    advance(HOUR / 2)

    desk.answer("yes")

    assert desk.journal.head(desk.run.run_id).deadline_at > time.time() + HOUR / 2 + 600


def test_a_second_answer_is_a_conflict_and_changes_nothing(desk: Desk) -> None:
    question = asked()
    desk.ask(question)
    desk.answer("first")

    assert desk.rejection("second", question.question_id).code is ErrorCode.CONFLICT
    assert [event.data.get("answer") for event in desk.journal.read(desk.run.run_id)][-1] == "first"


def test_a_repeated_answer_invokes_the_worker_that_the_first_could_not(desk: Desk) -> None:
    question = asked()
    desk.ask(question)
    desk.workers.failure = DispatchError("throttled")
    desk.answer("yes")
    desk.workers.failure = None

    assert desk.rejection("yes", question.question_id).code is ErrorCode.CONFLICT
    assert desk.workers.runs == [desk.run.run_id]


def test_of_two_connections_that_answer_at_once_one_wins(desk: Desk, sent: Sent) -> None:
    question = asked()
    desk.ask(question)

    def answer(connection: str) -> str:
        try:
            desk.answer(connection, question.question_id, connection)
        except RunError as problem:
            return problem.code.value
        return "won"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(answer, ["c1", "c2"]))

    assert outcomes == ["CONFLICT", "won"]
    assert [frame["action"] for _, frame in sent] == ["answer"]
    assert desk.kinds().count("ANSWER") == 1


def test_another_connection_of_the_owner_may_answer(desk: Desk, sent: Sent) -> None:
    desk.ask(asked())

    desk.answer("yes", connection="c2")

    assert types(sent, "c2") == ["answer"]
    assert desk.status is Status.QUEUED


def test_another_owner_may_not_answer(desk: Desk) -> None:
    desk.ask(asked())

    assert desk.rejection("yes", owner="mallory").code is ErrorCode.NOT_OWNER
    assert desk.status is Status.WAITING


def test_an_answer_to_no_question_is_invalid(desk: Desk) -> None:
    desk.ask(asked())

    problem = desk.rejection("yes", question_id("another"))

    assert problem.code is ErrorCode.INVALID_REQUEST
    assert question_id("another") in problem.message


def test_an_answer_to_a_run_that_asks_nothing_is_invalid(desk: Desk) -> None:
    desk.journal.accept(desk.run)
    desk.journal.claim(desk.run.run_id)

    assert desk.rejection("yes").code is ErrorCode.INVALID_REQUEST


def test_of_several_open_questions_one_must_be_named(desk: Desk, sent: Sent) -> None:
    one, other = asked("Which?"), asked("How many?")
    desk.ask(one, other)

    problem = desk.rejection("yes")
    desk.answer("this one", one.question_id)

    assert problem.code is ErrorCode.INVALID_REQUEST
    assert one.question_id in problem.message
    assert other.question_id in problem.message
    assert (desk.status, desk.workers.runs) == (Status.WAITING, [])
    desk.answer(3)
    assert (desk.status, desk.workers.runs) == (Status.QUEUED, [desk.run.run_id])
    assert types(sent) == ["answer", "answer"]


def test_an_answer_that_does_not_fit_leaves_the_question_open(desk: Desk) -> None:
    desk.ask(asked(schema=CHOICE))

    problem = desk.rejection("matching")

    assert problem.code is ErrorCode.INVALID_REQUEST
    assert "matching" in problem.message
    assert desk.status is Status.WAITING


@pytest.mark.parametrize("named", [False, True])
def test_a_run_that_has_ended_takes_no_answer(desk: Desk, named: bool) -> None:
    question = asked()
    desk.ask(question)
    desk.journal.close(desk.run.run_id, EventType.RUN_FAILED, {})

    problem = desk.rejection("yes", question.question_id if named else None)

    assert problem.code is ErrorCode.CONFLICT
    assert "FAILED" in problem.message


def test_an_answer_after_the_expiry_ends_the_run_and_its_followers_see_it(
    desk: Desk, sent: Sent, advance: Advance
) -> None:
    desk.ask(asked())
    desk.say(ResumeRequest(desk.run.run_id, 0))
    sent.clear()
    advance(HOUR + 1)

    problem = desk.rejection("yes")

    assert problem.code is ErrorCode.CONFLICT
    assert desk.status is Status.TIMED_OUT
    assert types(sent) == ["None", "RUN_TIMED_OUT"]


def test_an_answer_after_the_expiry_cannot_replace_the_default(desk: Desk, advance: Advance) -> None:
    question = asked(default="regression")
    desk.ask(question)
    advance(HOUR + 1)

    assert desk.rejection("weighting", question.question_id).code is ErrorCode.CONFLICT
    assert desk.journal.read(desk.run.run_id)[-1].data["answer"] == "regression"
    assert desk.run.run_id in desk.workers.runs


def test_a_list_of_runs_settles_what_has_expired(desk: Desk, sent: Sent, advance: Advance) -> None:
    desk.ask(asked(default="regression"))
    desk.say(RunsRequest(5))
    advance(HOUR + 1)
    desk.say(RunsRequest(5))

    listed = [frame["runs"][0] for _, frame in sent]
    assert [(run["status"], run["open_questions"]) for run in listed] == [("WAITING", 1), ("QUEUED", 0)]
    assert desk.workers.runs == [desk.run.run_id]


def test_a_client_that_resumes_sees_the_open_question_at_once(desk: Desk, sent: Sent) -> None:
    desk.ask(asked())

    desk.say(ResumeRequest(desk.run.run_id, 0))

    assert types(sent) == ["resume", "RUN_ACCEPTED", "QUESTION"]
    assert desk.journal.head(desk.run.run_id).subscribers == {"c1": 2}


def test_a_run_that_waits_ends_where_it_is_cancelled(desk: Desk, sent: Sent) -> None:
    desk.ask(asked())
    desk.say(ResumeRequest(desk.run.run_id, 0))
    sent.clear()

    desk.say(CancelRequest(desk.run.run_id), "c2")

    assert desk.status is Status.CANCELLED
    assert types(sent) == ["CANCEL_REQUESTED", "RUN_CANCELLED"]
    assert types(sent, "c2") == ["cancel"]
    assert desk.rejection("yes").code is ErrorCode.CONFLICT
    assert desk.workers.runs == []


def test_an_answer_lets_the_state_that_waits_go_on(workflow_desk: Desk, sent: Sent) -> None:
    desk, question = workflow_desk, asked()
    desk.ask(question)
    desk.journal.questions.store_token(desk.run.run_id, question.question_id, "token-1")
    desk.say(ResumeRequest(desk.run.run_id, 0))
    sent.clear()

    desk.answer("yes")

    assert desk.tokens.sent == [("token-1", "ANSWERED")]
    assert types(sent) == ["answer", "ANSWER"]
    assert (desk.status, desk.workers.runs) == (Status.RUNNING, [])


def test_a_state_that_waits_for_two_answers_goes_on_after_the_second(workflow_desk: Desk) -> None:
    desk, questions = workflow_desk, [asked("Which?"), asked("How many?")]
    desk.ask(*questions)
    for question in questions:
        desk.journal.questions.store_token(desk.run.run_id, question.question_id, "token-1")

    desk.answer("this", questions[0].question_id)
    assert desk.tokens.sent == []

    desk.answer(2, questions[1].question_id)
    assert desk.tokens.sent == [("token-1", "ANSWERED")]


@pytest.mark.parametrize("is_named", [True, False])
def test_a_repeated_answer_reaches_the_state_that_the_first_did_not(workflow_desk: Desk, is_named: bool) -> None:
    desk, question = workflow_desk, asked()
    desk.ask(question)
    desk.journal.questions.store_token(desk.run.run_id, question.question_id, "token-1")
    desk.journal.questions.answer(desk.run.run_id, None, "yes")

    rejected = desk.rejection("yes", question.question_id if is_named else None)

    assert rejected.code is (ErrorCode.CONFLICT if is_named else ErrorCode.INVALID_REQUEST)
    assert desk.tokens.sent == [("token-1", "ANSWERED")]


def test_cancelling_a_workflow_fails_what_its_states_wait_for(workflow_desk: Desk) -> None:
    desk, question = workflow_desk, asked()
    desk.ask(question)
    desk.journal.questions.store_token(desk.run.run_id, question.question_id, "token-1")
    desk.journal.jobs.prepare(desk.run.run_id, "job-1", "eda", "use-1", {})
    desk.journal.jobs.start(desk.run.run_id, "job-1", "token-2")

    desk.say(CancelRequest(desk.run.run_id))

    assert desk.tokens.sent == [("token-1", "RunCancelled"), ("token-2", "RunCancelled")]
    assert desk.kinds()[-1] == "CANCEL_REQUESTED"


def follow_up(desk: Desk, if_busy: str) -> str:
    """The next question of the session; returns its run id."""
    run_id = new_run_id()
    desk.say(StartRequest("And then?", None, desk.run.session_id, run_id, if_busy=if_busy))
    return run_id


def test_a_question_behind_a_run_that_waits_is_acknowledged_and_starts_after_it(desk: Desk, sent: Sent) -> None:
    desk.ask(asked())

    run_id = follow_up(desk, "queue")

    assert sent[0][1]["behind"] == desk.run.run_id
    assert types(sent) == ["start", "RUN_ACCEPTED"]
    assert desk.workers.runs == []
    desk.say(CancelRequest(desk.run.run_id))
    assert desk.workers.runs == [run_id]


def test_a_queued_run_that_is_cancelled_ends_at_once_and_never_starts(desk: Desk, sent: Sent) -> None:
    desk.ask(asked())
    run_id = follow_up(desk, "queue")

    desk.say(CancelRequest(run_id))
    desk.say(CancelRequest(desk.run.run_id))

    assert desk.journal.head(run_id).status is Status.CANCELLED
    assert types(sent)[:5] == ["start", "RUN_ACCEPTED", "cancel", "CANCEL_REQUESTED", "RUN_CANCELLED"]
    assert desk.workers.runs == []


@pytest.mark.parametrize("if_busy", ["queue", "steer"])
def test_whoever_resumes_a_queued_run_starts_it_when_its_turn_has_come(desk: Desk, if_busy: str) -> None:
    desk.ask(asked())
    run_id = follow_up(desk, if_busy)
    desk.journal.close(desk.run.run_id, EventType.RUN_FAILED, {})

    desk.say(ResumeRequest(run_id, 1))

    assert set(desk.workers.runs) == {run_id}
    assert desk.journal.head(run_id).behind == ""


def test_a_run_that_expires_makes_way_for_the_next(desk: Desk, advance: Advance) -> None:
    desk.ask(asked())
    run_id = follow_up(desk, "queue")
    advance(HOUR + 1)

    desk.say(ResumeRequest(desk.run.run_id, 0))

    assert desk.status is Status.TIMED_OUT
    assert desk.workers.runs == [run_id]


def test_a_question_to_a_session_wakes_the_run_that_goes_on_by_a_default(desk: Desk, advance: Advance) -> None:
    desk.ask(asked(default="ols"))
    advance(HOUR + 1)

    follow_up(desk, "queue")

    assert desk.status is Status.QUEUED
    assert desk.workers.runs == [desk.run.run_id]


def test_a_question_that_is_rejected_wakes_the_run_that_goes_on_by_a_default(desk: Desk, advance: Advance) -> None:
    desk.ask(asked(default="ols"))
    advance(HOUR + 1)

    with pytest.raises(RunError) as caught:
        follow_up(desk, "reject")

    assert caught.value.code is ErrorCode.CONFLICT
    assert desk.workers.runs == [desk.run.run_id]
