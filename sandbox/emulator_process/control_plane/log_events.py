"""Replaces FilterLogEvents of MiniStack's CloudWatch Logs, which returns the first 10,000 events and no token."""

import heapq
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from types import ModuleType
from typing import Any, Final, TypeAlias

from sandbox.emulator_process.emulated.known_module import replace, require_known
from sandbox.emulator_process.emulated.replies import Answer

Event: TypeAlias = dict[str, Any]

_REPLACED: Final = {"_filter_log_events": "(data)"}
_USED: Final = (
    *("_compile_filter_pattern", "_decode_token", "_encode_token", "_event_timestamp", "_log_events_lock"),
    *("_log_groups", "_resolve_log_group_name", "error_response_json", "json_response"),
)

_MOST_EVENTS: Final = 10_000
"""Of one page (CloudWatch Logs API, FilterLogEvents)."""


_ALTERNATIVE: Final = re.compile(r"\?(?:\"([^\"]+)\"|([^\s\"?]+))")
_ALTERNATIVES: Final = re.compile(rf"{_ALTERNATIVE.pattern}(?:\s+{_ALTERNATIVE.pattern})*")
"""Terms of which a line needs one; MiniStack takes the question mark for a wildcard and asks for all."""


class LogEvents:
    """The replacement, with the name of the function that it replaces."""

    def __init__(self, module: ModuleType) -> None:
        self._names = vars(module)

    def filter_log_events(self, data: Mapping[str, Any]) -> Answer:
        """One page of the events that match, and the token of the next page where there is one."""
        group = self._names["_resolve_log_group_name"](data)
        if group not in self._names["_log_groups"]:
            message = f"The specified log group does not exist: {group}"
            missing: Answer = self._names["error_response_json"]("ResourceNotFoundException", message, 400)
            return missing
        start = self._names["_decode_token"](data.get("nextToken"))
        limit = min(data.get("limit", _MOST_EVENTS), _MOST_EVENTS)
        page = list(islice(self._matching(group, data), start, start + limit + 1))
        body: dict[str, Any] = {"events": page[:limit], "searchedLogStreams": []}
        if len(page) > limit:
            body["nextToken"] = self._names["_encode_token"](start + limit)
        answer: Answer = self._names["json_response"](body)
        return answer

    def _matching(self, group: str, data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The events by time; those that come while a caller reads are after the ones that it has read."""
        pattern = data.get("filterPattern", "")
        matches = _any_of(pattern) or self._names["_compile_filter_pattern"](pattern)
        streams = self._names["_log_groups"][group]["streams"]
        names = data.get("logStreamNames") or list(streams)
        with self._names["_log_events_lock"]:
            found = [self._between(streams[name]["events"], name, data) for name in names if name in streams]
        for event, stream in heapq.merge(*found, key=_order):
            if matches(event.get("message", "")):
                yield {**event, "logStreamName": stream}

    def _between(self, events: list[Event], stream: str, data: Mapping[str, Any]) -> list[tuple[Event, str]]:
        first, last, at = data.get("startTime"), data.get("endTime"), self._names["_event_timestamp"]
        start = 0 if first is None else bisect_left(events, first, key=at)
        end = len(events) if last is None else bisect_right(events, last, key=at)
        return [(event, stream) for event in events[start:end]]


def _order(found: tuple[Event, str]) -> tuple[int, int]:
    event, _ = found
    return event["timestamp"], event.get("ingestionTime", 0)


def install(logs: ModuleType) -> None:
    """Replaces a function of `services.cloudwatch_logs`. Raises ValueError for an unknown version of it."""
    require_known(logs, "CloudWatch Logs", _REPLACED, _USED)
    replace(logs, LogEvents(logs), tuple(_REPLACED))


def _any_of(pattern: str) -> Callable[[str], bool] | None:
    """Whether a line has one of the terms, with their case, as on AWS; None for a pattern of another kind."""
    if not _ALTERNATIVES.fullmatch(pattern):
        return None
    terms = [quoted or bare for quoted, bare in _ALTERNATIVE.findall(pattern)]
    return lambda line: any(term in line for term in terms)
