"""Replacements for the events of an execution's status, with which rules notice that it has ended."""

import contextvars
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.emulator_process.emulated.replies import Answer, Json

_REASON: Final = ("error", "cause")

_reported_here: Final[contextvars.ContextVar[Json]] = contextvars.ContextVar("reported", default=None)
"""The execution whose event this thread puts."""


class StatusEvents:
    """The replacements, with the names of the functions that they replace; `original` has MiniStack's own."""

    def __init__(self, original: Mapping[str, Callable[..., Any]]) -> None:
        self._original = original

    def emit_execution_status_event(self, execution: Json) -> None:
        """Reports error and cause of any execution that has them; MiniStack reports those of failed ones."""
        before = _reported_here.set(execution)
        try:
            self._original["_emit_execution_status_event"](execution)
        finally:
            _reported_here.reset(before)

    def put_events(self, data: Json, allow_aws_source: bool = False) -> Answer:
        """Adds what the event lacks."""
        if (execution := _reported_here.get()) is not None:
            data = {**data, "Entries": [_completed(entry, execution) for entry in data["Entries"]]}
        answer: Answer = self._original["_put_events"](data, allow_aws_source)
        return answer


def _completed(entry: Json, execution: Json) -> Json:
    detail = json.loads(entry["Detail"])
    if detail.get("executionArn") != execution["executionArn"]:
        return entry
    return {**entry, "Detail": json.dumps({**detail, **{name: execution.get(name) for name in _REASON}})}
