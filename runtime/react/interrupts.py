"""What a tool asks the user, as the questions of a run: an interrupt's reason is a text, or an object with the question
and the form of its answer."""

import json
from collections.abc import Mapping
from typing import Any, Final

from contract.limits import MAX_PROMPT_CHARS
from contract.questions import Question, question_id
from runtime.process.answer_schemas import AnswerError, check_schema, fitted
from runtime.process.logs import log

_TEXTS: Final = ("text", "question", "message", "prompt")
"""Keys of a reason that may hold the question."""


def source_of(run_id: str, job: str, interrupt_id: str) -> str:
    """What asked: by it a repeated step finds its question."""
    return f"{run_id}:{job}:{interrupt_id}"


def question_of(interrupt: Mapping[str, Any], source: str, now: float, longest: float) -> Question:
    """The question of an interrupt; it stays open for `longest` seconds, or fewer where the reason says so."""
    reason = interrupt.get("reason")
    given: Mapping[str, Any] = reason if isinstance(reason, Mapping) else {}
    schema = _schema(given.get("schema"))
    return Question(
        question_id(source),
        _text(interrupt, given)[:MAX_PROMPT_CHARS],
        now + seconds_of(interrupt, longest),
        schema,
        _default(schema, given.get("default")),
    )


def seconds_of(interrupt: Mapping[str, Any], longest: float) -> float:
    """How long the question of an interrupt stays open: `longest`, or fewer seconds where the reason says so."""
    reason = interrupt.get("reason")
    seconds = reason.get("expires_in_seconds") if isinstance(reason, Mapping) else None
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0
    return min(float(seconds or 0), longest) if is_number else longest


def _text(interrupt: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    for key in _TEXTS:
        if isinstance(given.get(key), str) and given[key].strip():
            return str(given[key])
    reason = interrupt.get("reason")
    if isinstance(reason, str) and reason.strip():
        return reason
    shown = "" if reason is None else f": {json.dumps(reason, ensure_ascii=False)}"
    return f"The agent asks for {interrupt.get('name') or 'an answer'}{shown}"


def _schema(given: object) -> Mapping[str, Any] | None:
    """A schema that is none is left out: the question can be asked without it."""
    if not isinstance(given, Mapping):
        return None
    try:
        check_schema(given)
    except AnswerError as problem:
        log("send_prompt.schema_left_out", level="WARNING", reason=str(problem))
        return None
    return given


def _default(schema: Mapping[str, Any] | None, given: object) -> object:
    if given is None:
        return None
    try:
        return fitted(schema, given)
    except AnswerError as problem:
        log("send_prompt.default_left_out", level="WARNING", reason=str(problem))
        return None
