"""What an interrupt of Strands asks: its text, the form of its answer, its default and its expiry."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from strands import Agent
from strands.interrupt import Interrupt
from strands.interventions.actions import default_evaluate
from strands.vended_interventions.hitl import HumanInTheLoop

from contract.limits import MAX_ANSWER_BYTES, MAX_PROMPT_CHARS, MAX_QUESTION_SECONDS, MAX_QUESTIONS
from runtime.engine.json_safe import to_json_safe, to_text, to_valid_text
from runtime.engine.tools.inner_agents import agents_of
from runtime.process.answer_schemas import AnswerError, check_schema, fitted

_KEYS: Final = frozenset({"text", "schema", "default", "expires_in_seconds"})
_CUT: Final = "…"

_YES_OR_NO: Final = {"enum": ["yes", "no"]}
_TRUST: Final = {"enum": ["yes", "no", "trust"]}
_FREE: Final = {"type": ["string", "boolean"], "examples": ["yes", "no"]}
"""For a Confirm whose own function may accept other words than yes."""


class BadQuestionError(ValueError):
    """An interrupt that cannot be shown to a user; the message says what is wrong and is fit for model and user."""


@dataclass(frozen=True, slots=True)
class QuestionForm:
    """A question without its id; `seconds` until its expiry, None for the default."""

    text: str
    schema: Mapping[str, Any] | None = None
    default: object = None
    seconds: float | None = None


def form_of(interrupt: Interrupt, *, cut: bool = False) -> QuestionForm:
    """The question in an interrupt's reason: a dict with `text` and perhaps `schema`, `default` and
    `expires_in_seconds`, or any other value, which is shown as text. Raises BadQuestionError; with `cut` a long text of
    another value is cut instead."""
    reason = interrupt.reason
    if isinstance(reason, Mapping) and "text" in reason and reason.keys() <= _KEYS:
        return _from_convention(reason)
    text = to_valid_text(to_text(reason)) if reason is not None else ""
    text = text.strip() or to_valid_text(str(interrupt.name)).strip() or "The agent asks for an answer."
    if len(text) > MAX_PROMPT_CHARS and cut:
        text = text[: MAX_PROMPT_CHARS - 1] + _CUT
    return QuestionForm(_checked_text(text))


def forms_of(interrupts: Sequence[Interrupt], agent: Agent) -> list[QuestionForm]:
    """The questions of an agent that has stopped to ask; those of Confirm get the form of its answers. Raises
    BadQuestionError."""
    if not interrupts:
        raise BadQuestionError("it stopped for an answer without a question")
    if len(interrupts) > MAX_QUESTIONS:
        raise BadQuestionError(f"it asks {len(interrupts)} questions at once; a run asks at most {MAX_QUESTIONS}")
    known = _confirmations(agent)
    return [_with_schema(form_of(interrupt, cut=True), known.get(interrupt.name)) for interrupt in interrupts]


def _with_schema(form: QuestionForm, schema: Mapping[str, Any] | None) -> QuestionForm:
    return form if form.schema is not None else replace(form, schema=schema)


def _confirmations(agent: Agent) -> dict[str, Mapping[str, Any]]:
    """The forms of the answers to Confirm, by the names of the handlers that ask: those of the agent and of the agents
    that are its tools."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in agents_of(agent).values():
        registry = getattr(one, "_intervention_registry", None)  # Strands has no public way to the handlers
        for handler in getattr(registry, "handlers", ()):
            found[handler.name] = _confirmation(handler)
    return found


def _confirmation(handler: object) -> Mapping[str, Any]:
    if not isinstance(handler, HumanInTheLoop):
        return _FREE
    given = vars(handler)
    if given.get("_evaluate") is not default_evaluate:
        return _FREE
    return _TRUST if given.get("_enable_trust") else _YES_OR_NO


def _from_convention(reason: Mapping[str, Any]) -> QuestionForm:
    text = reason["text"]
    if not isinstance(text, str) or not text.strip():
        raise BadQuestionError("the question's text is not a text with content")
    schema, default = _schema(reason.get("schema")), to_json_safe(reason.get("default"))
    if default is not None:
        try:
            default = fitted(schema, default)
        except AnswerError as problem:
            raise BadQuestionError(f"the question's default does not fit its schema: {problem}") from problem
        if len(json.dumps(default).encode()) > MAX_ANSWER_BYTES:
            raise BadQuestionError(f"the question's default has more than {MAX_ANSWER_BYTES:,} bytes")
    return QuestionForm(_checked_text(to_valid_text(text)), schema, default, _seconds(reason))


def _schema(given: object) -> Mapping[str, Any] | None:
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise BadQuestionError("the question's schema is not a JSON object")
    schema: dict[str, Any] = to_json_safe(given)
    try:
        check_schema(schema)
    except AnswerError as problem:
        raise BadQuestionError(f"the question's schema cannot be used: {problem}") from problem
    return schema


def _checked_text(text: str) -> str:
    if len(text) > MAX_PROMPT_CHARS:
        raise BadQuestionError(f"the question has {len(text):,} characters; it may have {MAX_PROMPT_CHARS:,}")
    return text


def _seconds(reason: Mapping[str, Any]) -> float | None:
    given = reason.get("expires_in_seconds")
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 1 <= given <= MAX_QUESTION_SECONDS:
        raise BadQuestionError(
            f"the question's expires_in_seconds is {to_text(given)[:40]}; it may be 1 to {MAX_QUESTION_SECONDS:,}"
        )
    return float(given)
