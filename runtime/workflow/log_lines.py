"""The part of an agent's log that a run's journal may repeat: the start of each line, no stack trace, no secret."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from contract.redaction import redact

MAX_LINES: Final = 5

_READ_LENGTH: Final = 4_000
"""Of a message, before it is searched: a line may be as long as 256 KB."""

_FRAME: Final = re.compile(
    r"\s|Traceback \(most recent call last\)|During handling of the above|The above exception was"
)
"""How the lines of a traceback begin, except its last one, which names the error."""


def last_lines(messages: Sequence[str]) -> list[str]:
    """The newest five lines with content, oldest first, each of at most 300 characters."""
    found: list[str] = []
    for message in reversed(messages):
        found += reversed(_lines(message))
        if len(found) >= MAX_LINES:
            break
    return list(reversed(found[:MAX_LINES]))


def _lines(message: str) -> list[str]:
    record = _record(message)
    lines = message[:_READ_LENGTH].splitlines() if record is None else [_summary(record)]
    return [redact(line) for line in lines if line and not _FRAME.match(line)]


def _record(message: str) -> Mapping[str, Any] | None:
    try:
        record = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _summary(record: Mapping[str, Any]) -> str:
    """Level, source and message of a JSON line, our logger's or AgentCore's; its traceback is left out."""
    source = record.get("event") or record.get("logger") or ""
    parts = [record.get("level"), source]
    texts = [record.get(key) for key in ("message", "reason", "errorMessage")]
    head = " ".join(str(part) for part in parts if part)
    text = ", ".join(_first_line(word) for word in texts if isinstance(word, str) and word)
    return ": ".join(part for part in (head, text) if part)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
