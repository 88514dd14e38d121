"""What a client may send: WebSocket frames parsed and checked into frozen requests, before anything is touched."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from runtime.contract import MAX_QUESTION_BYTES, ErrorCode, RunError

MAX_SESSION_ID_LENGTH: Final = 128
MAX_AGENT_LENGTH: Final = 128
MAX_SEQ: Final = 9_999_999_999
"""The journal's event keys hold ten digits."""
MAX_RUNS: Final = 50

_NOT_JSON: Final = "The frame is not valid JSON; send one JSON object as a text frame."
_RUN_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SESSION_ID: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_SESSION_ID_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class StartRequest:
    """Begin a run. What is left out is None and gets its default from the gateway."""

    question: str
    agent: str | None
    session_id: str | None
    run_id: str | None


@dataclass(frozen=True, slots=True)
class ResumeRequest:
    """Replay the events after `after` (0 = from the first), then follow."""

    run_id: str
    after: int


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """Stop a run; its partial text is kept."""

    run_id: str


@dataclass(frozen=True, slots=True)
class PingRequest:
    """Keep the socket open."""


@dataclass(frozen=True, slots=True)
class RunsRequest:
    """List the owner's newest runs, `limit` of them at most (1-50)."""

    limit: int


Request = StartRequest | ResumeRequest | CancelRequest | PingRequest | RunsRequest


def parse(body: str | None, is_base64: bool = False) -> Request:
    """The request in a frame's text; RunError INVALID_REQUEST, with the frame's run id where it has a valid one."""
    frame = _object(body, is_base64)
    try:
        return _request(frame)
    except RunError as error:
        raise RunError(error.code, error.message, _run_id_if_valid(frame)) from None
    except RecursionError:  # read from here, but too deep to be quoted from further down
        raise _invalid(_NOT_JSON) from None


def _object(body: str | None, is_base64: bool) -> Mapping[str, Any]:
    if is_base64:
        raise _invalid("The frame is binary; send JSON as a text frame.")
    if not body:
        raise _invalid(f"The frame is empty; send a JSON object with an action: {_known_actions()}.")
    try:
        frame = json.loads(body)
    except (ValueError, RecursionError):  # a deep nest of brackets ends in RecursionError
        raise _invalid(_NOT_JSON) from None
    if not isinstance(frame, dict):
        raise _invalid(f"The frame holds a JSON {_json_type(frame)}; send a JSON object with an action.")
    return frame


def _request(frame: Mapping[str, Any]) -> Request:
    action = frame.get("action")
    if action is None:
        raise _invalid(f"The frame has no action; known actions: {_known_actions()}.")
    known = _ACTIONS.get(action) if isinstance(action, str) else None
    if known is None:
        raise _invalid(f"Unknown action {_shown(action)}; known actions: {_known_actions()}.")
    keys, build = known
    unknown = sorted(set(frame) - keys - {"action"})
    if unknown:
        allowed = f"it takes {', '.join(sorted(keys))}" if keys else "it takes no other key"
        raise _invalid(f"Unknown key {_shown(unknown[0])} in action {action}; {allowed}.")
    return build(frame)


def _start(frame: Mapping[str, Any]) -> StartRequest:
    return StartRequest(
        question=_question(frame),
        agent=_optional_text(frame, "agent", MAX_AGENT_LENGTH),
        session_id=_session_id(frame),
        run_id=None if frame.get("run_id") is None else _run_id(frame),
    )


def _resume(frame: Mapping[str, Any]) -> ResumeRequest:
    return ResumeRequest(_run_id(frame), _integer(frame, "after", 0, MAX_SEQ, default=0))


def _cancel(frame: Mapping[str, Any]) -> CancelRequest:
    return CancelRequest(_run_id(frame))


def _ping(_frame: Mapping[str, Any]) -> PingRequest:
    return PingRequest()


def _runs(frame: Mapping[str, Any]) -> RunsRequest:
    return RunsRequest(_integer(frame, "limit", 1, MAX_RUNS, default=MAX_RUNS))


_ACTIONS: Final[Mapping[str, tuple[frozenset[str], Callable[[Mapping[str, Any]], Request]]]] = {
    "start": (frozenset({"question", "agent", "session_id", "run_id"}), _start),
    "resume": (frozenset({"run_id", "after"}), _resume),
    "cancel": (frozenset({"run_id"}), _cancel),
    "ping": (frozenset(), _ping),
    "runs": (frozenset({"limit"}), _runs),
}


def _question(frame: Mapping[str, Any]) -> str:
    question = frame.get("question")
    if question is None:
        raise _invalid("The question is missing; send it as the text of key question.")
    if not isinstance(question, str):
        raise _invalid(f"The question is a JSON {_json_type(question)}; send it as text.")
    if not question.strip():
        raise _invalid("The question is empty; say what the agent is to do.")
    try:
        size = len(question.encode())
    except UnicodeEncodeError:
        raise _invalid("The question holds half of a surrogate pair; send valid Unicode text.") from None
    if size > MAX_QUESTION_BYTES:
        raise _invalid(f"The question has {size} bytes in UTF-8; the limit is {MAX_QUESTION_BYTES}: shorten it.")
    return question


def _run_id(frame: Mapping[str, Any]) -> str:
    value = frame.get("run_id")
    if value is None:
        raise _invalid("The run_id is missing; send the id that the ack of start gave.")
    if not isinstance(value, str) or not _RUN_ID.fullmatch(value):
        raise _invalid(f"The run_id {_shown(value)} is not a UUID; send its text of 36 characters in lower case.")
    return value


def _session_id(frame: Mapping[str, Any]) -> str | None:
    value = frame.get("session_id")
    if value is None or (isinstance(value, str) and _SESSION_ID.fullmatch(value)):
        return value
    limit = MAX_SESSION_ID_LENGTH
    raise _invalid(
        f"The session_id {_shown(value)} is not valid; use 1 to {limit} letters, digits, hyphens or underscores."
    )


def _optional_text(frame: Mapping[str, Any], key: str, limit: int) -> str | None:
    value = frame.get(key)
    if value is None or (isinstance(value, str) and 0 < len(value) <= limit):
        return value
    raise _invalid(f"The {key} {_shown(value)} is not valid; send a text of 1 to {limit} characters or leave it out.")


def _integer(frame: Mapping[str, Any], key: str, low: int, high: int, default: int) -> int:
    value = frame.get(key, default)
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    raise _invalid(f"The {key} {_shown(value)} is not valid; send a whole number from {low} to {high}.")


def _run_id_if_valid(frame: Mapping[str, Any]) -> str | None:
    value = frame.get("run_id")
    return value if isinstance(value, str) and _RUN_ID.fullmatch(value) else None


def _known_actions() -> str:
    return ", ".join(_ACTIONS)


def _shown(value: object) -> str:
    """A given value as JSON, cut so that a sentence stays a sentence."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004


def _json_type(value: object) -> str:
    names = {list: "array", str: "string", bool: "boolean", int: "number", float: "number", dict: "object"}
    return names.get(type(value), "null")


def _invalid(sentence: str) -> RunError:
    return RunError(ErrorCode.INVALID_REQUEST, sentence)
