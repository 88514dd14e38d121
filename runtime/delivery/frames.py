"""The frames that the server sends: UTF-8 JSON of at most 32 KB, API Gateway's limit."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from contract.errors import ErrorCode
from contract.events import Event, timestamp
from contract.limits import MAX_FRAME_BYTES

_AROUND_EVENT: Final = b'{"type":"event","event":%b}'
_EVENT_BYTES: Final = MAX_FRAME_BYTES - len(_AROUND_EVENT % b"")
_QUESTION_LENGTH: Final = 200
_MESSAGE_LENGTH: Final = 4_000
_SHORTEST_CLIP: Final = 16
_FLAT_CLIP: Final = 256


def ack(action: str, run_id: str, session_id: str, behind: str = "") -> bytes:
    """The action was accepted; events of the run follow. `behind` is the run for whose end it waits, if any."""
    frame = {"type": "ack", "action": action, "run_id": run_id, "session_id": session_id}
    return _encode(frame | ({"behind": behind} if behind else {}))


def pong() -> bytes:
    """The response to ping."""
    return _encode({"type": "pong"})


def error(code: ErrorCode, message: str, run_id: str | None = None) -> bytes:
    """An error, for programs and for people. It never closes the socket."""
    frame = {"type": "error", "error": _clip(message, _MESSAGE_LENGTH), "code": code.value, "timestamp": timestamp()}
    if run_id is not None:
        frame["run_id"] = run_id
    return _encode(frame)


def event(entry: Event) -> bytes:
    """An event as the journal holds it; one that is too large has its long strings cut and `truncated` in its data."""
    return _AROUND_EVENT % event_json(entry)


def event_json(entry: Event) -> bytes:
    """The event in its frame, which every transport sends: JSON on one line."""
    encoded = _encode(entry.to_wire())
    if len(encoded) <= _EVENT_BYTES:
        return encoded

    def around(data: Mapping[str, Any]) -> dict[str, Any]:
        return {**entry.to_wire(), "data": data}

    data = _shortened(
        {**entry.data, "truncated": True}, lambda candidate: len(_encode(around(candidate))) <= _EVENT_BYTES
    )
    return _encode(around(data))


def runs(summaries: Sequence[Mapping[str, Any]]) -> bytes:
    """The owner's newest runs, newest first, questions cut; the oldest are left out where the frame is full."""
    listed = [{**summary, "question": _clip(str(summary["question"]), _QUESTION_LENGTH)} for summary in summaries]
    while not _fits({"type": "runs", "runs": listed}):
        listed.pop()
    return _encode({"type": "runs", "runs": listed})


def files(run_id: str, page: Sequence[Mapping[str, Any]], more: bool) -> bytes:
    """The files of a run, by name; those that do not fit are left for the next frame."""
    listed = list(page)

    def frame() -> dict[str, Any]:
        return {"type": "files", "run_id": run_id, "files": listed, "more": more or len(listed) < len(page)}

    while not _fits(frame()):
        listed.pop()
    return _encode(frame())


def _encode(frame: Mapping[str, Any]) -> bytes:
    # A model may emit half of a surrogate pair, which UTF-8 cannot encode.
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")


def _fits(frame: Mapping[str, Any]) -> bool:
    return len(_encode(frame)) <= MAX_FRAME_BYTES


def _shortened(data: dict[str, Any], fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The data with its strings cut to the longest power-of-two length at which it fits, else without its lists."""
    if fits(data):
        return data
    limit = MAX_FRAME_BYTES // 2
    while limit >= _SHORTEST_CLIP:
        shorter = {key: _clipped(value, limit) for key, value in data.items()}
        if fits(shorter):
            return shorter
        limit //= 2
    flat = {key: _clipped(value, _FLAT_CLIP) for key, value in data.items() if not isinstance(value, list | dict)}
    return flat if fits(flat) else {"truncated": True}


def _clipped(value: object, limit: int) -> object:
    if isinstance(value, str):
        return _clip(value, limit)
    if isinstance(value, list | tuple):
        return [_clipped(item, limit) for item in value]
    if isinstance(value, Mapping):
        return {_clip(str(key), limit): _clipped(item, limit) for key, item in value.items()}
    return value


def _clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
