"""The answer of an agent (the text of a message, structured output as JSON), and the results of its tools."""

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel
from strands.hooks import AfterToolCallEvent, BeforeModelCallEvent, BeforeToolCallEvent, HookOrder, HookRegistry
from strands.types.exceptions import StructuredOutputException
from strands.types.tools import ToolResult

from runtime.engine.json_safe import to_json_safe

CANCELLED_TEXT: Final = "Cancelled by user"
"""What Strands writes in place of the message of a cancelled model call."""

_NO_RESULT: Final = "The run ended before the tool returned a result."

MAX_INVALID_OUTPUTS: Final = 5
"""Structured outputs of one run that fail validation: each costs a model call, and Strands would ask without end."""

_STRUCTURED_OUTPUT: Final = "structured_output"

_AFTER_ALL_OTHERS: Final = HookOrder.SDK_LAST + 2
"""Of the hooks that may change a result, also after the one that cleans it."""


def text_of(message: Mapping[str, Any] | None) -> str:
    """The text of an assistant's message, its blocks on lines of their own; empty for any other message."""
    if message is None or message.get("role") != "assistant":
        return ""
    return "\n".join(text for block in message["content"] for text in _texts(block))


def _texts(block: Mapping[str, Any]) -> list[str]:
    if "citationsContent" in block:
        return [part["text"] for part in block["citationsContent"].get("content", ()) if part.get("text")]
    return [block["text"]] if block.get("text") else []


def structured_output(output: BaseModel, said: str) -> tuple[object, str]:
    """The object as JSON values, and as JSON text. The text is `said` itself where the model has written the object as
    its message."""
    try:
        fields = output.model_dump(mode="json")
    except ValueError:  # a field whose type has no form in JSON
        fields = output.model_dump()
    safe = to_json_safe(fields)
    return safe, said if _parsed(said) == safe else json.dumps(safe, ensure_ascii=False)


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def no_result(tool_use_id: str) -> ToolResult:
    """In place of the result that a tool did not return before its run ended."""
    return {"toolUseId": tool_use_id, "status": "error", "content": [{"text": _NO_RESULT}]}


class ToolResults:
    """The results of an agent's tools by the id of the call, as soon as each is known: Strands adds them to the
    messages only when all tools of a turn have returned."""

    def __init__(self) -> None:
        self.known: dict[str, ToolResult] = {}

    def register_hooks(self, registry: HookRegistry, **_: object) -> None:
        registry.add_callback(BeforeToolCallEvent, self._forget)
        registry.add_callback(AfterToolCallEvent, self._keep, order=_AFTER_ALL_OTHERS)

    def of(self, tool_use_id: str) -> ToolResult:
        return self.known.get(tool_use_id) or no_result(tool_use_id)

    def _forget(self, event: BeforeToolCallEvent) -> None:
        # Some models count the calls of each message from the same number.
        self.known.pop(event.tool_use["toolUseId"], None)

    def _keep(self, event: AfterToolCallEvent) -> None:
        self.known[event.tool_use["toolUseId"]] = event.result


class ValidationBound:
    """Ends an agent with StructuredOutputException once its model has given too many invalid objects."""

    def __init__(self) -> None:
        self._failures = 0
        self._reason = ""

    def register_hooks(self, registry: HookRegistry, **_: object) -> None:
        registry.add_callback(AfterToolCallEvent, self._count)
        registry.add_callback(BeforeModelCallEvent, self._check)

    def _count(self, event: AfterToolCallEvent) -> None:
        is_output = event.selected_tool is not None and event.selected_tool.tool_type == _STRUCTURED_OUTPUT
        if is_output and event.result["status"] == "error":
            self._failures += 1
            self._reason = " ".join(block.get("text", "") for block in event.result["content"])

    def _check(self, event: BeforeModelCallEvent) -> None:
        if self._failures >= MAX_INVALID_OUTPUTS and event.cancel is False:
            raise StructuredOutputException(f"{self._failures} answers were invalid, the last one: {self._reason}")
