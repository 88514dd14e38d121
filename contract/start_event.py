"""The event that starts a background run: what it may hold, and how the start handler reads it, once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from contract import fields
from contract.errors import RunError
from contract.limits import MAX_PIPELINE_LENGTH, MAX_QUESTION_BYTES
from contract.owners import ANONYMOUS, NOBODY, USER, USER_FORM
from contract.run_ids import is_run_id
from contract.trace_context import TraceContext

SOURCE: Final = "longrun"
DETAIL_TYPE: Final = "RunRequested"

_KEYS: Final = frozenset({"question", "pipeline", "owner", "run_id", "traceparent", "answers"})


@dataclass(frozen=True, slots=True)
class RunRequested:
    """A valid detail. `pipeline` is None where the event names none: the start handler has a default. `answers` are
    given ahead of time, for the run's first questions."""

    question: str
    pipeline: str | None
    owner: str
    answers: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class PartialRequest:
    """What a rejected detail leaves, so that whoever watches the run finds it: each value as it is where it is valid,
    cut or empty where it is not. An owner that is not valid leaves no question, and a run that is nobody's."""

    question: str
    pipeline: str
    owner: str
    problem: RunError


@dataclass(frozen=True, slots=True)
class StartEvent:
    """An EventBridge event. `run_id` is the same for the same event; `traceparent` is the trace that the event names,
    whatever else is wrong with it."""

    run_id: str
    traceparent: str | None
    request: RunRequested | PartialRequest


def read_start_event(event: object) -> StartEvent:
    """The event, read once and for all. RunError INVALID_REQUEST for an event without an id."""
    given = _object(event)
    run_id = run_id_of(given)
    detail = given.get("detail")
    known: Mapping[str, Any] = detail if isinstance(detail, Mapping) else {}
    trace = known.get("traceparent")
    try:
        request: RunRequested | PartialRequest = _request(detail)
    except RunError as problem:
        request = _partial(known, problem)
    except RecursionError:  # json.loads reads a deep nest of brackets that json.dumps cannot quote
        request = _partial(known, fields.invalid("The event is nested too deeply; send a flat detail."))
    return StartEvent(run_id, trace if isinstance(trace, str) else None, request)


def run_id_of(event: object) -> str:
    """The id of the run that an event asks for, the same for the same event: the detail's run_id where that is valid,
    otherwise the event's id where that is a UUID in lower case, otherwise a UUID derived from it. RunError
    INVALID_REQUEST for an event without an id."""
    given = _object(event)
    detail = given.get("detail")
    asked = detail.get("run_id") if isinstance(detail, Mapping) else None
    if isinstance(asked, str) and is_run_id(asked):
        return asked
    event_id = given.get("id")
    if not isinstance(event_id, str) or not event_id:
        raise fields.invalid("The event has no id; put it on the event bus, which gives it one.")
    return event_id if is_run_id(event_id) else str(uuid5(NAMESPACE_URL, f"longrun:event:{event_id}"))


def _request(detail: object) -> RunRequested:
    if not isinstance(detail, Mapping):
        raise fields.invalid(
            f"The event's detail is a JSON {fields.json_type(detail)}; send an object with key question."
        )
    unknown = sorted(set(detail) - _KEYS)
    if unknown:
        known = ", ".join(sorted(_KEYS))
        raise fields.invalid(f"Unknown key {fields.shown(unknown[0])} in the event's detail; it takes {known}.")
    fields.optional_run_id(detail)
    request = RunRequested(
        question=fields.question(detail),
        pipeline=fields.optional_text(detail, "pipeline", MAX_PIPELINE_LENGTH),
        owner=_owner(detail),
        answers=fields.answers(detail),
    )
    _check_traceparent(detail)
    return request


def _partial(detail: Mapping[str, Any], problem: RunError) -> PartialRequest:
    owner = _valid_owner(detail) or NOBODY
    return PartialRequest(
        question="" if owner == NOBODY else cut(detail.get("question"), MAX_QUESTION_BYTES),
        pipeline=cut(detail.get("pipeline"), MAX_PIPELINE_LENGTH),
        owner=owner,
        problem=problem,
    )


def _owner(detail: Mapping[str, Any]) -> str:
    owner = _valid_owner(detail)
    if owner is None:
        raise fields.invalid(f"The owner {fields.shown(detail['owner'])} is not valid; {USER_FORM}")
    return owner


def _valid_owner(detail: Mapping[str, Any]) -> str | None:
    """The owner, anonymous where the detail names none; None for one that is not valid."""
    owner = detail.get("owner")
    if owner is None:
        return ANONYMOUS
    return owner if isinstance(owner, str) and USER.fullmatch(owner) else None


def _check_traceparent(detail: Mapping[str, Any]) -> None:
    value = detail.get("traceparent")
    if value is None or (isinstance(value, str) and TraceContext.from_traceparent(value) is not None):
        return
    raise fields.invalid(
        f"The traceparent {fields.shown(value)} is not valid; send W3C's form 00-<32 hex>-<16 hex>-<2 hex>, "
        "in lower case, or leave it out."
    )


def _object(event: object) -> Mapping[str, Any]:
    if isinstance(event, Mapping):
        return event
    raise fields.invalid(f"The event is a JSON {fields.json_type(event)}; send an object as EventBridge does.")


def cut(value: object, limit: int) -> str:
    """A text as a rejected request leaves it: at most `limit` bytes of valid UTF-8; empty for anything else."""
    if not isinstance(value, str):
        return ""
    return value.encode(errors="replace")[:limit].decode(errors="ignore")
