"""What an event may ask for: EventBridge events parsed and checked into frozen requests, before anything is touched."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from contract import fields
from contract.limits import MAX_QUESTION_BYTES
from contract.owners import ANONYMOUS, USER, USER_FORM

MAX_PIPELINE_LENGTH: Final = 128

_KEYS: Final = frozenset({"question", "pipeline", "owner", "run_id", "traceparent"})
_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class RunRequested:
    """The detail of an event. A pipeline left out is None and gets its default from the door; `traceparent` is W3C's,
    None where the event has none."""

    run_id: str
    question: str
    pipeline: str | None
    owner: str
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Remnant:
    """What can be kept of a detail that is refused, so that whoever watches the run finds it: each value as it is
    where it is valid, cut or empty where it is not."""

    question: str
    pipeline: str
    owner: str


def parse(event: object) -> RunRequested:
    """The request in an EventBridge event; RunError INVALID_REQUEST."""
    try:
        return _request(event)
    except RecursionError:  # read, but too deep to be quoted
        raise fields.invalid("The event is nested too deeply; send a flat detail.") from None


def run_id_of(event: object) -> str:
    """The id of the run that an event asks for, the same for the same event: the detail's run_id where that is valid,
    else the event's id where that is a UUID in lower case, else a UUID made of it. RunError INVALID_REQUEST for an
    event without an id."""
    given = _object(event)
    asked = _detail(event).get("run_id")
    if isinstance(asked, str) and fields.is_run_id(asked):
        return asked
    event_id = given.get("id")
    if not isinstance(event_id, str) or not event_id:
        raise fields.invalid("The event has no id; put it on the event bus, which gives it one.")
    return event_id if fields.is_run_id(event_id) else str(uuid5(NAMESPACE_URL, f"longrun:event:{event_id}"))


def traceparent_of(event: object) -> str | None:
    """The trace that an event names, whatever else is wrong with it."""
    given = _detail(event).get("traceparent")
    return given if isinstance(given, str) else None


def remnant_of(event: object) -> Remnant:
    """What a refused event leaves."""
    detail = _detail(event)
    owner = detail.get("owner")
    return Remnant(
        question=_text(detail.get("question"), MAX_QUESTION_BYTES),
        pipeline=_text(detail.get("pipeline"), MAX_PIPELINE_LENGTH),
        owner=owner if isinstance(owner, str) and USER.fullmatch(owner) else ANONYMOUS,
    )


def _request(event: object) -> RunRequested:
    run_id = run_id_of(event)
    detail = _object(event).get("detail")
    if not isinstance(detail, Mapping):
        raise fields.invalid(
            f"The event's detail is a JSON {fields.json_type(detail)}; send an object with key question."
        )
    unknown = sorted(set(detail) - _KEYS)
    if unknown:
        known = ", ".join(sorted(_KEYS))
        raise fields.invalid(f"Unknown key {fields.shown(unknown[0])} in the event's detail; it takes {known}.")
    fields.optional_run_id(detail)
    return RunRequested(
        run_id=run_id,
        question=fields.question(detail),
        pipeline=fields.optional_text(detail, "pipeline", MAX_PIPELINE_LENGTH),
        owner=_owner(detail),
        traceparent=_traceparent(detail),
    )


def _owner(detail: Mapping[str, Any]) -> str:
    owner = detail.get("owner")
    if owner is None:
        return ANONYMOUS
    if not isinstance(owner, str) or not USER.fullmatch(owner):
        raise fields.invalid(f"The owner {fields.shown(owner)} is not valid; {USER_FORM}")
    return owner


def _traceparent(detail: Mapping[str, Any]) -> str | None:
    value = detail.get("traceparent")
    if value is None or (isinstance(value, str) and _TRACEPARENT.fullmatch(value)):
        return value
    raise fields.invalid(
        f"The traceparent {fields.shown(value)} is not valid; send W3C's form 00-<32 hex>-<16 hex>-<2 hex>, "
        "in lower case, or leave it out."
    )


def _object(event: object) -> Mapping[str, Any]:
    if isinstance(event, Mapping):
        return event
    raise fields.invalid(f"The event is a JSON {fields.json_type(event)}; send an object as EventBridge does.")


def _detail(event: object) -> Mapping[str, Any]:
    detail = event.get("detail") if isinstance(event, Mapping) else None
    return detail if isinstance(detail, Mapping) else {}


def _text(value: object, limit: int) -> str:
    if not isinstance(value, str):
        return ""
    return value.encode(errors="replace")[:limit].decode(errors="ignore")
