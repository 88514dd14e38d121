"""The questions of a run: asked by its worker, settled once by whoever answers or by their expiry."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from contract.errors import ErrorCode, RunError, error_data
from contract.events import Event, EventType, Status, timestamp
from contract.limits import MAX_QUESTIONS
from contract.questions import AnswerSource, Question, QuestionState
from runtime.journal import changes
from runtime.journal.event_log import Entry, EventLog, unknown_run
from runtime.journal.head import Head, head_from
from runtime.journal.items import Item, head_key, question_key
from runtime.journal.table import ConditionFailed, Table, Update
from runtime.process.answer_schemas import AnswerError, fitted

ATTEMPTS: Final = 50
"""As of the appender: a failed attempt means that another writer wrote."""

_MOST: Final = 1_000
"""Questions of one run that are read: a run that asks more often has no open one among the older."""


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """A question as the journal has it. `source` names what asked (an interrupt, a tool call), `token` the state of a
    state machine that waits for the answer, empty for none."""

    question: Question
    state: QuestionState
    source: str
    token: str
    answer: object

    @property
    def question_id(self) -> str:
        return self.question.question_id

    @property
    def is_open(self) -> bool:
        return self.state is QuestionState.OPEN


@dataclass(frozen=True, slots=True)
class Settled:
    """What an answer or an expiry changed: the run's head after it, the question, and the event. `goes_on`: it was the
    last open question, so the run continues."""

    head: Head
    question: StoredQuestion
    event: Event
    goes_on: bool


class Questions:
    """Reads and settles the questions of all runs; RunWriter.ask writes them. Raises RunError for what callers see."""

    def __init__(self, table: Table, log: EventLog, clock: Callable[[], float]) -> None:
        self._table = table
        self._log = log
        self._clock = clock

    def all(self, run_id: str) -> list[StoredQuestion]:
        """The questions of a run, in the order of their ids; none for an unknown run."""
        first, last = question_key(run_id, ""), question_key(run_id, "~")
        return [_stored(item) for item in self._table.query(first["pk"], first["sk"], last["sk"], _MOST)]

    def open(self, run_id: str) -> list[StoredQuestion]:
        """Those that wait for an answer."""
        return [question for question in self.all(run_id) if question.is_open]

    def get(self, run_id: str, question_id: str) -> StoredQuestion | None:
        item = self._table.get(question_key(run_id, question_id))
        return None if item is None else _stored(item)

    def find(self, run_id: str, question_id: str | None) -> StoredQuestion:
        """The question with that id, or the one open question. Raises RunError INVALID_REQUEST."""
        if question_id is not None:
            found = self.get(run_id, question_id)
            if found is None:
                raise RunError(ErrorCode.INVALID_REQUEST, f"Run {run_id} has no question {question_id}.", run_id)
            return found
        waiting = self.open(run_id)
        if len(waiting) == 1:
            return waiting[0]
        if not waiting:
            raise RunError(ErrorCode.INVALID_REQUEST, f"Run {run_id} waits for no answer.", run_id)
        ids = ", ".join(question.question_id for question in waiting)
        raise RunError(ErrorCode.INVALID_REQUEST, f"Run {run_id} has several open questions; name one: {ids}.", run_id)

    def answer(self, run_id: str, question_id: str | None, answer: object, deadline_at: float | None = None) -> Settled:
        """Settle a question by the user's answer. `deadline_at` is the run's deadline, in seconds since 1970; None
        gives a run that goes on with a worker the time that its start gave it, and keeps that of any other. Raises
        RunError UNKNOWN_RUN, INVALID_REQUEST where there is no such question or the answer does not fit, CONFLICT where
        the question is settled, has expired, or the run has ended."""
        head = self._head(run_id)
        if question_id is None and head.status.is_terminal:
            raise _ended(head)
        asked = self.find(run_id, question_id)
        if asked.is_open:
            try:
                answer = fitted(asked.question.schema, answer)
            except AnswerError as problem:
                message = f"The answer to question {asked.question_id} does not fit: {problem}."
                raise RunError(ErrorCode.INVALID_REQUEST, message, run_id) from problem
            if self._clock() < asked.question.expires_at:
                settled = self._settle(run_id, asked, QuestionState.ANSWERED, AnswerSource.USER, answer, deadline_at)
                if settled is not None:
                    return settled
        raise self._refused(run_id, asked.question_id)

    def expire(
        self, run_id: str, question_id: str, deadline_at: float | None = None, *, early: bool = False
    ) -> Settled | None:
        """Settle a question that is past its expiry, or `early`, by its default. Without a default the question is
        EXPIRED, and the caller ends the run. None where it is settled already, or not due. Raises UNKNOWN_RUN."""
        self._head(run_id)
        asked = self.get(run_id, question_id)
        is_due = asked is not None and (early or self._clock() >= asked.question.expires_at)
        if asked is None or not is_due or not asked.is_open or asked.question.default is None:
            return None
        default = asked.question.default
        return self._settle(run_id, asked, QuestionState.ANSWERED, AnswerSource.DEFAULT, default, deadline_at)

    def overdue(self, run_id: str) -> list[StoredQuestion]:
        """The open questions that are past their expiry."""
        now = self._clock()
        return [question for question in self.open(run_id) if question.question.expires_at <= now]

    def close_expired(self, run_id: str, question_id: str) -> Event | None:
        """End the run as TIMED_OUT because this question has expired and has no default; question, event and head in
        one transaction. None where the question is settled, is not past its expiry, or the run has ended."""
        asked = self.get(run_id, question_id)
        if asked is None or not asked.is_open or self._clock() < asked.question.expires_at:
            return None
        message = (
            f"question {question_id} was not answered by {timestamp(asked.question.expires_at)} and has no default; "
            "start the run again"
        )
        error = error_data(ErrorCode.TIMED_OUT, message)
        entry = self._log.entry(run_id, EventType.RUN_TIMED_OUT, {**error, "question_id": question_id})
        for _ in range(ATTEMPTS):
            item, newest = self._log.latest(run_id)
            if newest.type.ends_run or head_from(item).status.is_terminal:
                return None
            seq = newest.seq + 1
            expired = self._settlement(run_id, question_id, QuestionState.EXPIRED, None)
            end = changes.end(run_id, EventType.RUN_TIMED_OUT, seq, None, error)
            try:
                return self._log.append(run_id, seq, entry, expired, end)
            except ConditionFailed:
                now = self.get(run_id, question_id)
                if now is None or not now.is_open:
                    return None
        raise _contended(run_id)

    def settle_overdue(self, run_id: str) -> bool:
        """Settle what is past its expiry, by the defaults or the run's end. Whether there was something."""
        for question in (overdue := self.overdue(run_id)):
            if self.expire(run_id, question.question_id) is None:
                self.close_expired(run_id, question.question_id)
        return bool(overdue)

    def close_cancelled(self, run_id: str, data: Mapping[str, Any]) -> Event | None:
        """End a run that waits for an answer as CANCELLED; None where it waits no more."""

        entry = self._log.entry(run_id, EventType.RUN_CANCELLED, data)
        for _ in range(ATTEMPTS):
            item, newest = self._log.latest(run_id)
            if newest.type.ends_run or head_from(item).status is not Status.WAITING:
                return None
            seq = newest.seq + 1
            end = changes.end_of_waiting(changes.end(run_id, EventType.RUN_CANCELLED, seq, None, data))
            with suppress(ConditionFailed):
                return self._log.append(run_id, seq, entry, end)
        raise _contended(run_id)

    def store_token(self, run_id: str, question_id: str, token: str) -> bool:
        """Have the answer passed on to the state that waits with this token. False where the question is settled: then
        nobody will."""
        change = Update(
            question_key(run_id, question_id),
            "SET #token = :token",
            "#state = :open",
            {":token": token, ":open": QuestionState.OPEN.value},
        )
        try:
            self._table.update(change)
        except ConditionFailed:
            return False
        return True

    def _settle(
        self,
        run_id: str,
        asked: StoredQuestion,
        state: QuestionState,
        source: AnswerSource,
        answer: object,
        deadline_at: float | None,
    ) -> Settled | None:
        """None where somebody else has settled it, or the run does not wait any more."""
        data = {"question_id": asked.question_id, "answer": answer, "by": source.value}
        entry = self._log.entry(run_id, EventType.ANSWER, data)
        for _ in range(ATTEMPTS):
            item, newest = self._log.latest(run_id)
            head = head_from(item)
            if head.status is not Status.WAITING:
                return None
            goes_on = head.open_questions <= 1
            change = changes.answered(
                run_id, head.open_questions, _status_after(head, goes_on), self._deadline(head, goes_on, deadline_at)
            )
            settlement = self._settlement(run_id, asked.question_id, state, answer)
            try:
                event = self._log.append(run_id, newest.seq + 1, entry, settlement, change)
            except ConditionFailed:
                now = self.get(run_id, asked.question_id)
                if now is None or not now.is_open:
                    return self._repeated(run_id, newest.seq, entry, now, goes_on)
                continue
            settled = self.get(run_id, asked.question_id) or asked
            return Settled(self._head(run_id), settled, event, goes_on)
        raise _contended(run_id)

    def _repeated(
        self, run_id: str, after: int, entry: Entry, asked: StoredQuestion | None, goes_on: bool
    ) -> Settled | None:
        """The settlement whose response was lost: botocore's repeat of it fails its own conditions."""
        for recorded in self._log.read(run_id, after, MAX_QUESTIONS):
            if asked is not None and recorded.nonce == entry.nonce:
                return Settled(self._head(run_id), asked, recorded.event, goes_on)
        return None

    def _settlement(self, run_id: str, question_id: str, state: QuestionState, answer: object) -> Update:
        return Update(
            question_key(run_id, question_id),
            "SET #state = :state, #answer = :answer",
            "#state = :open",
            {":state": state.value, ":answer": json.dumps(answer), ":open": QuestionState.OPEN.value},
        )

    def _deadline(self, head: Head, goes_on: bool, deadline_at: float | None) -> float:
        """The time of the worker that goes on begins now; a state machine has its own."""
        if deadline_at is not None:
            return deadline_at
        if not goes_on or head.workflow or not head.run_seconds:
            return head.deadline_at
        return self._clock() + head.run_seconds

    def _head(self, run_id: str) -> Head:
        item = self._table.get(head_key(run_id))
        if item is None:
            raise unknown_run(run_id)
        return head_from(item)

    def _refused(self, run_id: str, question_id: str) -> RunError:
        head, asked = self._head(run_id), self.get(run_id, question_id)
        if asked is not None and asked.state is QuestionState.ANSWERED:
            reason = f"Question {question_id} is answered already."
        elif head.status.is_terminal:
            return _ended(head)
        elif asked is not None and self._clock() >= asked.question.expires_at:
            reason = f"Question {question_id} expired at {timestamp(asked.question.expires_at)}."
        else:
            reason = f"Run {run_id} does not wait for an answer now."
        return RunError(ErrorCode.CONFLICT, reason, run_id)


def _stored(item: Item) -> StoredQuestion:
    asked: dict[str, Any] = json.loads(item["question"])
    question = Question(
        item["question_id"],
        asked["text"],
        float(item["question_expires_at"]),
        asked["schema"],
        asked["default"],
    )
    return StoredQuestion(
        question, QuestionState(item["state"]), item["source"], item["token"], json.loads(item["answer"])
    )


def _status_after(head: Head, goes_on: bool) -> Status:
    """A worker must be invoked again; the state machine of a workflow goes on by itself."""
    if not goes_on:
        return Status.WAITING
    return Status.RUNNING if head.workflow else Status.QUEUED


def _ended(head: Head) -> RunError:
    reason = f"Run {head.run_id} has ended as {head.status.value}; its questions take no answer any more."
    return RunError(ErrorCode.CONFLICT, reason, head.run_id)


def _contended(run_id: str) -> RunError:
    return RunError(ErrorCode.THROTTLED, f"Run {run_id} is being written too fast to be changed; try again.", run_id)
