"""The messages that a client may send: WebSocket frames, parsed and validated before anything is touched."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from contract import fields
from contract.errors import RunError
from contract.limits import (
    IF_BUSY,
    MAX_AGENT_LENGTH,
    MAX_FILE_NAME_LENGTH,
    MAX_RUNS,
    MAX_SEQ,
)
from contract.run_ids import is_run_id

_NOT_JSON: Final = "The frame is not valid JSON; send one JSON object as a text frame."


@dataclass(frozen=True, slots=True)
class StartRequest:
    """Start a run. What is left out is None and gets its default from the gateway. `if_busy` (reject, queue or steer)
    says what happens where the session has an active run."""

    question: str
    agent: str | None
    session_id: str | None
    run_id: str | None
    answers: tuple[Any, ...] = ()
    if_busy: str = "reject"


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
class AnswerRequest:
    """Answer a question of a run; None for `question_id` means its one open question."""

    run_id: str
    question_id: str | None
    answer: Any


@dataclass(frozen=True, slots=True)
class PingRequest:
    """Keep the socket open."""


@dataclass(frozen=True, slots=True)
class RunsRequest:
    """List the owner's newest runs, `limit` of them at most (1-50)."""

    limit: int


@dataclass(frozen=True, slots=True)
class FilesRequest:
    """List the files of a run, by name, from the one after `after` (None = from the first)."""

    run_id: str
    after: str | None


Request = StartRequest | ResumeRequest | CancelRequest | AnswerRequest | PingRequest | RunsRequest | FilesRequest


def parse(body: str | None, is_base64: bool = False) -> Request:
    """The request in a frame's text; RunError INVALID_REQUEST, with the frame's run id where it has a valid one."""
    frame = _object(body, is_base64)
    try:
        return _request(frame)
    except RunError as error:
        known = frame.get("run_id") if is_run_id(frame.get("run_id")) else None
        raise RunError(error.code, error.message, known) from None
    except RecursionError:  # json.loads read it, but it is too deep to be quoted
        raise fields.invalid(_NOT_JSON) from None


def _object(body: str | None, is_base64: bool) -> Mapping[str, Any]:
    if is_base64:
        raise fields.invalid("The frame is binary; send JSON as a text frame.")
    if not body:
        raise fields.invalid(f"The frame is empty; send a JSON object with an action: {_known_actions()}.")
    try:
        frame = json.loads(body)
    except (ValueError, RecursionError):  # a deep nest of brackets ends in RecursionError
        raise fields.invalid(_NOT_JSON) from None
    if not isinstance(frame, dict):
        raise fields.invalid(f"The frame holds a JSON {fields.json_type(frame)}; send a JSON object with an action.")
    return frame


def _request(frame: Mapping[str, Any]) -> Request:
    action = frame.get("action")
    if action is None:
        raise fields.invalid(f"The frame has no action; known actions: {_known_actions()}.")
    known = _ACTIONS.get(action) if isinstance(action, str) else None
    if known is None:
        raise fields.invalid(f"Unknown action {fields.shown(action)}; known actions: {_known_actions()}.")
    keys, build = known
    unknown = sorted(set(frame) - keys - {"action"})
    if unknown:
        allowed = f"it takes {', '.join(sorted(keys))}" if keys else "it takes no other key"
        raise fields.invalid(f"Unknown key {fields.shown(unknown[0])} in action {action}; {allowed}.")
    return build(frame)


def _start(frame: Mapping[str, Any]) -> StartRequest:
    return StartRequest(
        question=fields.question(frame),
        agent=fields.optional_text(frame, "agent", MAX_AGENT_LENGTH),
        session_id=fields.optional_session_id(frame),
        run_id=fields.optional_run_id(frame),
        answers=fields.answers(frame),
        if_busy=fields.choice(frame, "if_busy", IF_BUSY),
    )


def _resume(frame: Mapping[str, Any]) -> ResumeRequest:
    return ResumeRequest(fields.run_id(frame), fields.integer(frame, "after", 0, MAX_SEQ, default=0))


def _cancel(frame: Mapping[str, Any]) -> CancelRequest:
    return CancelRequest(fields.run_id(frame))


def _answer(frame: Mapping[str, Any]) -> AnswerRequest:
    return AnswerRequest(fields.run_id(frame), fields.optional_question_id(frame), fields.answer(frame))


def _ping(_frame: Mapping[str, Any]) -> PingRequest:
    return PingRequest()


def _runs(frame: Mapping[str, Any]) -> RunsRequest:
    return RunsRequest(fields.integer(frame, "limit", 1, MAX_RUNS, default=MAX_RUNS))


def _files(frame: Mapping[str, Any]) -> FilesRequest:
    return FilesRequest(fields.run_id(frame), fields.optional_text(frame, "after", MAX_FILE_NAME_LENGTH))


_ACTIONS: Final[Mapping[str, tuple[frozenset[str], Callable[[Mapping[str, Any]], Request]]]] = {
    "start": (frozenset({"question", "agent", "session_id", "run_id", "answers", "if_busy"}), _start),
    "resume": (frozenset({"run_id", "after"}), _resume),
    "cancel": (frozenset({"run_id"}), _cancel),
    "answer": (frozenset({"run_id", "question_id", "answer"}), _answer),
    "ping": (frozenset(), _ping),
    "runs": (frozenset({"limit"}), _runs),
    "files": (frozenset({"run_id", "after"}), _files),
}


def _known_actions() -> str:
    return ", ".join(_ACTIONS)
