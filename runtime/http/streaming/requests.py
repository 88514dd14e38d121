"""What a caller of the streaming endpoint sends: parsed and checked before anything is touched."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from contract import fields
from contract.limits import IF_BUSY, MAX_SEQ, MAX_STREAM_BODY_BYTES
from runtime.http.json_body import check_keys, json_object
from runtime.http.problems import RequestError

LAST_EVENT_ID: Final = "last-event-id"

_QUERY_KEYS: Final = frozenset({"question", "session_id", "run_id", "if_busy", "after"})
_BODY_KEYS: Final = _QUERY_KEYS | {"answers"}
_ANSWER_KEYS: Final = frozenset({"answer", "question_id"})

_SEQ: Final = re.compile(rf"[0-9]{{1,{len(str(MAX_SEQ))}}}")
"""An event's number as text."""

_MOST_DRAINED: Final = 8 * 1024 * 1024
"""Bytes of a body that are read, though it is too large, before the reply: a client that still sends may not see the
reply before its connection is closed. Lambda takes 6 MB."""


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """Start a run and stream its events, or those of the known run `run_id`. A request without `question` and one with
    `after`, the number of the last event that the caller has, start nothing."""

    question: str
    agent: str
    session_id: str | None
    run_id: str | None
    answers: tuple[Any, ...]
    if_busy: str
    after: int

    @property
    def followed(self) -> str | None:
        """The run to follow; None to start one."""
        return self.run_id if self.after or not self.question else None


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """Answer a question of a run; None for `question_id` means its one open question."""

    question_id: str | None
    answer: Any


async def read_body(request: Request) -> bytes:
    """The body. Raises RequestError 413."""
    body, size = bytearray(), 0
    async for part in request.stream():
        size += len(part)
        if size <= MAX_STREAM_BODY_BYTES:
            body += part
        elif size > _MOST_DRAINED:
            break
    if size > MAX_STREAM_BODY_BYTES:
        raise RequestError(413, f"The body is larger than {MAX_STREAM_BODY_BYTES} bytes; shorten it.")
    return bytes(body)


def stream_request(request: Request, agent: str, body: bytes) -> StreamRequest:
    """The request for the agent's stream, with its fields in the body of a POST and in the query of a GET. Raises
    RequestError, or RunError INVALID_REQUEST."""
    try:
        given = _body(request, body, _BODY_KEYS) if request.method == "POST" else _query(request)
        return _stream_request(request, agent, given)
    except RecursionError:  # json.loads read it, but it is too deep to be quoted
        raise _too_deep() from None


def answer_request(request: Request, body: bytes) -> AnswerRequest:
    """Raises RequestError, or RunError INVALID_REQUEST."""
    try:
        given = _body(request, body, _ANSWER_KEYS)
        return AnswerRequest(fields.optional_question_id(given), fields.answer(given))
    except RecursionError:
        raise _too_deep() from None


def _stream_request(request: Request, agent: str, given: Mapping[str, Any]) -> StreamRequest:
    run_id = fields.optional_run_id(given)
    after = _after(request, given)
    if after and run_id is None:
        message = "The request names an event to resume after, but no run; send the run's id as run_id."
        raise fields.invalid(message)
    follows = run_id is not None and given.get("question") is None
    return StreamRequest(
        question="" if follows else fields.question(given),
        agent=agent,
        session_id=fields.optional_session_id(given),
        run_id=run_id,
        answers=fields.answers(given),
        if_busy=fields.choice(given, "if_busy", IF_BUSY),
        after=after,
    )


def _after(request: Request, given: Mapping[str, Any]) -> int:
    """The header is what a browser that comes back sends, to the address that it had at first."""
    header = request.headers.get(LAST_EVENT_ID, "").strip()
    if not header:
        return fields.integer(given, "after", 0, MAX_SEQ, default=0)
    if not _SEQ.fullmatch(header):
        raise fields.invalid(f"The Last-Event-ID {fields.shown(header)} is not valid; send the id of the last event.")
    return int(header)


def _body(request: Request, body: bytes, known: frozenset[str]) -> Mapping[str, Any]:
    given = json_object(body, request.headers, MAX_STREAM_BODY_BYTES)
    check_keys(given, known)
    return given


def _query(request: Request) -> Mapping[str, Any]:
    given: dict[str, Any] = dict(request.query_params)
    check_keys(given, _QUERY_KEYS)
    if _SEQ.fullmatch(given.get("after", "")):
        given["after"] = int(given["after"])
    return given


def _too_deep() -> Exception:
    return fields.invalid("The body is nested too deeply; send a flat JSON object.")
