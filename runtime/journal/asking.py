"""What a run writes when it asks: events, items, and the change of its head."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contract.events import EventType
from contract.limits import MAX_QUESTIONS
from contract.questions import AnswerSource, Question, QuestionState
from runtime.journal import changes
from runtime.journal.event_log import Entry, EventLog
from runtime.journal.head import Head
from runtime.journal.items import EXPIRY, Item, question_key
from runtime.journal.table import Put
from runtime.process.answer_schemas import AnswerError, fitted


@dataclass(frozen=True, slots=True)
class Asking:
    """The writes of one stop of a run: the events (with those of answers ahead of time), the items, and the head's
    change; `answers` are those ahead of time by question id."""

    questions: tuple[tuple[Question, str], ...]
    entries: list[Entry]
    items: list[Put]
    asked: changes.Asked
    answers: dict[str, object]


def asking(
    log: EventLog,
    head: Head,
    questions: Sequence[tuple[Question, str]],
    deadline_at: float,
    step: int,
    token: str = "",
    usage: Mapping[str, int] | None = None,
) -> Asking:
    """What asks the questions, each with its source. Answers given ahead of time are used in order; one that does not
    fit is dropped, and its question stays open with `rejected` in its event."""
    if not 0 < len(questions) <= MAX_QUESTIONS:
        raise ValueError(f"{len(questions)} questions at once; a run asks 1 to {MAX_QUESTIONS}")
    ahead = list(head.answers)
    entries: list[Entry] = []
    items: list[Put] = []
    answers: dict[str, object] = {}
    for question, source in questions:
        data, known = question.to_data(), question.question_id
        try:
            if ahead:
                answers[known] = fitted(question.schema, ahead.pop(0))
        except AnswerError as problem:
            data["rejected"] = str(problem)
        entries.append(log.entry(head.run_id, EventType.QUESTION, data))
        if known in answers:
            given = {"question_id": known, "answer": answers[known], "by": AnswerSource.AHEAD.value}
            entries.append(log.entry(head.run_id, EventType.ANSWER, given))
        items.append(Put(_item(head.run_id, question, source, answers, log.expiry(), token)))
    open_questions = len(questions) - len(answers)
    until = deadline_at if open_questions else head.deadline_at
    left = json.dumps(ahead, ensure_ascii=False)
    asked = changes.Asked(open_questions, left, until, step, usage)
    return Asking(tuple(questions), entries, items, asked, answers)


def _item(run_id: str, question: Question, source: str, answers: Mapping[str, object], expiry: int, token: str) -> Item:
    known = question.question_id in answers
    asked = {"text": question.text, "schema": question.schema, "default": question.default}
    return {
        **question_key(run_id, question.question_id),
        "run_id": run_id,
        "question_id": question.question_id,
        "question": json.dumps(asked),  # as text: DynamoDB's numbers are not JSON's
        "question_expires_at": question.expires_at,
        "state": (QuestionState.ANSWERED if known else QuestionState.OPEN).value,
        "source": source,
        "token": token,
        "answer": json.dumps(answers.get(question.question_id)),
        EXPIRY: expiry,
    }
