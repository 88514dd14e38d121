"""Results of tools as the model and the journal get them: of whatever a tool returns or raises."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final, cast

from strands.types.tools import ToolResult

from runtime.engine.json_safe import MAX_VALUES, class_name, is_instance, to_json_safe, to_text, to_valid_text

NO_OUTPUT: Final = "(no output)"
"""In place of blank text, with which Bedrock rejects the request."""

_STATUSES: Final = ("success", "error")
_MEDIA: Final = frozenset({"document", "image", "video"})
_SHAPE: Final = frozenset({"content", "status", "toolUseId"})
_DETAILS: Final = frozenset({"cancelled", "isError", "metadata", "structuredContent"})
"""What Strands' own tools add to a result."""


class ToolFailedError(ValueError):
    """A tool raised what must not leave it: what ends a process, or what a future cannot hold. Strands gives the
    message of a ValueError to the model as it is."""


def returned(value: object, tool_use_id: str) -> ToolResult:
    """The result for what a tool's function returned. Iterators are read, and raise what they raise."""
    if is_instance(value, Iterator):
        value = list(islice(cast("Iterator[object]", value), MAX_VALUES))
    return to_result(value, tool_use_id)


def to_result(value: object, tool_use_id: str) -> ToolResult:
    """The value as a valid result of that call: a result of Strands' shape with its content, and anything else as the
    text of a success. Never raises."""
    try:
        given = _strands_result(value)
    except BaseException:
        given = None
    if given is None:
        return {"toolUseId": tool_use_id, "status": "success", "content": [_text(value)]}
    details = {key: to_json_safe(given[key]) for key in _DETAILS if key in given}
    status = "error" if given["status"] == "error" else "success"
    return cast("ToolResult", {**details, "toolUseId": tool_use_id, "status": status, "content": given["content"]})


def to_exception(error: BaseException) -> Exception:
    """The error as an exception that can be logged, traced and shown to the model."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration | StopAsyncIteration):
        text = _message(error)
        if text is not None and text == to_valid_text(text):
            return error
    failed = ToolFailedError(f"the tool raised {_described(error)}")
    failed.__cause__ = error
    return failed


def _described(error: BaseException) -> str:
    message = to_valid_text(_message(error) or "")
    return f"{class_name(error)} - {message}" if message else class_name(error)


def _message(error: BaseException) -> str | None:
    try:
        return str.__str__(str(error))
    except BaseException:
        return None


def _strands_result(value: object) -> dict[str, Any] | None:
    """A copy of a value that has the shape of Strands' results, its content as valid blocks; None for other data: a
    tool may return {"status": 200, "content": …} and mean nothing by it."""
    if not isinstance(value, Mapping):
        return None
    given = dict(value)
    status, content = given.get("status"), given.get("content")
    if not isinstance(status, str) or status not in _STATUSES or "content" not in given:
        return None
    blocks = [_block(item) for item in content] if isinstance(content, list | tuple) else [_block(content)]
    is_plain = not blocks or None in blocks
    if is_plain and given.keys() - _SHAPE - _DETAILS:
        return None
    return {**given, "content": _content(content, blocks)}


def _content(content: object, blocks: list[dict[str, Any] | None]) -> list[dict[str, Any]]:
    if content is None or not blocks:
        return [{"text": NO_OUTPUT}]
    items = content if isinstance(content, list | tuple) else [content]
    return [_text(item) if block is None else block for item, block in zip(items, blocks, strict=True)]


def _block(item: object) -> dict[str, Any] | None:
    """A valid block of content as it is, with safe values; None where it is none."""
    if not isinstance(item, Mapping) or len(item) != 1:
        return None
    ((kind, value),) = item.items()
    if kind == "text" and isinstance(value, str):
        return dict(_text(value))
    if kind == "json":
        safe = to_json_safe(value)
        # Bedrock takes objects only.
        return {"json": safe} if isinstance(safe, dict) else dict(_text(safe))
    if kind in _MEDIA and isinstance(value, Mapping):
        return _media(kind, value)
    return None


def _media(kind: str, value: Mapping[str, Any]) -> dict[str, Any] | None:
    source = value.get("source")
    if not isinstance(value.get("format"), str) or not isinstance(source, Mapping) or len(source) != 1:
        return None
    ((where, data),) = source.items()
    if where == "bytes" and not (isinstance(data, bytes | bytearray) and data):
        return None
    kept = bytes(data) if where == "bytes" else to_json_safe(data)
    others = {key: to_json_safe(item) for key, item in value.items() if key != "source"}
    return {kind: {**others, "source": {where: kept}}}


def _text(value: object) -> Any:  # noqa: ANN401  a block of Strands' content
    text = to_text(value)
    return {"text": text if text.strip() else NO_OUTPUT}
