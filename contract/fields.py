"""Checks of the fields that callers send, the same for every transport: a value, or a message with the form allowed."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from contract.errors import ErrorCode, RunError
from contract.limits import (
    MAX_ANSWER_BYTES,
    MAX_QUESTION_BYTES,
    MAX_QUESTIONS,
    MAX_SESSION_ID_LENGTH,
    MIN_RUNTIME_SESSION_ID_LENGTH,
    SHOWN_LENGTH,
)
from contract.questions import is_question_id
from contract.run_ids import is_run_id

_SESSION_ID: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{MAX_SESSION_ID_LENGTH - 1}}}")
"""As AgentCore's reply names a session (botocore 1.44, `SessionId`)."""


def invalid(message: str) -> RunError:
    """The error of a request that the caller must correct."""
    return RunError(ErrorCode.INVALID_REQUEST, message)


def question(given: Mapping[str, Any], key: str = "question", path: str = "question") -> str:
    """The text of that key, at most MAX_QUESTION_BYTES in UTF-8; `path` names the key in messages."""
    value = given.get(key)
    if value is None:
        raise invalid(f"The question is missing; send it as the text of key {path}.")
    if not isinstance(value, str):
        raise invalid(f"The question is a JSON {json_type(value)}; send it as text.")
    if not value.strip():
        raise invalid("The question is empty; say what the agent is to do.")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise invalid("The question holds half of a surrogate pair; send valid Unicode text.") from None
    if size > MAX_QUESTION_BYTES:
        raise invalid(f"The question has {size} bytes in UTF-8; the limit is {MAX_QUESTION_BYTES}: shorten it.")
    return value


def run_id(given: Mapping[str, Any]) -> str:
    """The UUID of key run_id, in lower case."""
    value = given.get("run_id")
    if value is None:
        raise invalid("The run_id is missing; send the id that the ack of start gave.")
    if not isinstance(value, str) or not is_run_id(value):
        raise invalid(f"The run_id {shown(value)} is not a UUID; send its text of 36 characters in lower case.")
    return value


def optional_run_id(given: Mapping[str, Any]) -> str | None:
    """None where the key is left out or null."""
    return None if given.get("run_id") is None else run_id(given)


def optional_session_id(given: Mapping[str, Any]) -> str | None:
    """The text of key session_id; None where the key is left out or null."""
    value = given.get("session_id")
    if value is None or is_session_id(value):
        return value
    raise invalid(
        f"The session_id {shown(value)} is not valid; use 1 to {MAX_SESSION_ID_LENGTH} letters, digits, hyphens or "
        "underscores, and begin with a letter or digit."
    )


def is_session_id(value: object) -> bool:
    """Whether a session may have this id."""
    return isinstance(value, str) and _SESSION_ID.fullmatch(value) is not None


def is_runtime_session_id(value: object) -> bool:
    """Whether AgentCore accepts the id for a session and can name it in its reply."""
    return is_session_id(value) and len(str(value)) >= MIN_RUNTIME_SESSION_ID_LENGTH


def answer(given: Mapping[str, Any]) -> Any:  # noqa: ANN401  any JSON
    """The value of key answer, which may be null: at most MAX_ANSWER_BYTES as JSON."""
    if "answer" not in given:
        raise invalid("The answer is missing; send it as the value of key answer.")
    return _checked_answer(given["answer"], "answer")


def answers(given: Mapping[str, Any]) -> tuple[Any, ...]:
    """The list of key answers: the answers to the run's first questions, given ahead of time, at most MAX_QUESTIONS;
    empty where the key is left out or null."""
    value = given.get("answers")
    if value is None:
        return ()
    if not isinstance(value, list):
        raise invalid(f"The answers are a JSON {json_type(value)}; send a list, with an answer for each question.")
    if len(value) > MAX_QUESTIONS:
        raise invalid(f"There are {len(value)} answers; the limit is {MAX_QUESTIONS}.")
    return tuple(_checked_answer(entry, f"answer {number}") for number, entry in enumerate(value, 1))


def _checked_answer(value: Any, name: str) -> Any:  # noqa: ANN401  any JSON
    try:
        size = len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
    except UnicodeEncodeError:
        raise invalid(f"The {name} holds half of a surrogate pair; send valid Unicode text.") from None
    except ValueError:
        raise invalid(f"The {name} holds a number that JSON does not have; send a finite one.") from None
    if size > MAX_ANSWER_BYTES:
        raise invalid(f"The {name} has {size} bytes as JSON; the limit is {MAX_ANSWER_BYTES}: shorten it.")
    return value


def optional_question_id(given: Mapping[str, Any]) -> str | None:
    """The id of key question_id; None where the key is left out or null."""
    value = given.get("question_id")
    if value is None or is_question_id(value):
        return value
    raise invalid(f"The question_id {shown(value)} is not valid; send the id that the event QUESTION has.")


def choice(given: Mapping[str, Any], key: str, allowed: Sequence[str]) -> str:
    """One of the allowed texts; the first where the key is left out or null."""
    value = given.get(key)
    if value is None:
        return allowed[0]
    if isinstance(value, str) and value in allowed:
        return value
    raise invalid(f"The {key} {shown(value)} is not valid; send {', '.join(allowed)}.")


def optional_text(given: Mapping[str, Any], key: str, limit: int) -> str | None:
    """A text of 1 to `limit` characters; None where the key is left out or null."""
    value = given.get(key)
    if value is None or (isinstance(value, str) and 0 < len(value) <= limit):
        return value
    raise invalid(f"The {key} {shown(value)} is not valid; send a text of 1 to {limit} characters or leave it out.")


def integer(given: Mapping[str, Any], key: str, low: int, high: int, default: int) -> int:
    """A whole number in [low, high]; the default where the key is left out."""
    value = given.get(key, default)
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    raise invalid(f"The {key} {shown(value)} is not valid; send a whole number from {low} to {high}.")


def shown(value: object) -> str:
    """A given value as JSON, cut so that a message stays readable."""
    text = json.dumps(value)
    return text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 3]}..."


def json_type(value: object) -> str:
    """The name of the value's type in JSON."""
    names = {list: "array", str: "string", bool: "boolean", int: "number", float: "number", dict: "object"}
    return names.get(type(value), "null")
