"""Events that wait to be journalled, in order: text deltas gather into batches, so that one write and one post hold
many."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from contract.events import EventType

MAX_BATCH_BYTES: Final = 4_096
"""Of a TEXT event in UTF-8: a full batch does not wait for its time."""

FLUSH_INTERVAL: Final = 0.1
"""Seconds after a send before the next batch of text is due, at the start of a run."""

_GROWTH: Final = 1.2
_GROWING_BATCHES: Final = 5
"""The interval grows with each of the first batches, to 0.25 s: a reader waits for the start of an answer and reads the
rest, and at 50 tokens a second a thousand of them take fewer than a hundred posts."""


@dataclass(frozen=True, slots=True)
class BufferedEvent:
    """An event that has no number yet."""

    type: EventType
    data: Mapping[str, Any]


@dataclass(slots=True)
class _Text:
    deltas: list[str] = field(default_factory=list)
    size: int = 0


class WriteBuffer:
    """First in, first out; text that follows text joins it up to the size limit. TEXT events have the `text_fields`
    too."""

    def __init__(self, text_fields: Mapping[str, Any] | None = None) -> None:
        self._text_fields = dict(text_fields or {})
        self._events: deque[BufferedEvent | _Text] = deque()
        self._batches = 0

    def add(self, event: BufferedEvent) -> None:
        self._events.append(event)

    def add_text(self, delta: str) -> None:
        for piece in _pieces(delta):
            size = len(piece.encode("utf-8", errors="replace"))
            last = self._events[-1] if self._events else None
            if not isinstance(last, _Text) or last.size + size > MAX_BATCH_BYTES:
                last = _Text()
                self._events.append(last)
            last.deltas.append(piece)
            last.size += size

    @property
    def is_empty(self) -> bool:
        return not self._events

    @property
    def first_is_complete(self) -> bool:
        """Whether the first event cannot grow: it is no text, is full, or has another event after it."""
        if len(self._events) != 1:
            return bool(self._events)
        first = self._events[0]
        return not isinstance(first, _Text) or first.size >= MAX_BATCH_BYTES

    def take(self) -> BufferedEvent:
        """Remove and return the first event; IndexError when empty."""
        first = self._events.popleft()
        if isinstance(first, _Text):
            self._batches += 1
            return BufferedEvent(EventType.TEXT, {"text": "".join(first.deltas), **self._text_fields})
        return first

    def due_at(self, sent_at: float | None) -> float:
        """When a batch of text may be sent, on the clock of `sent_at`: the first at once, later ones an interval after
        the last send *finished*. Measured from its start, slow sends would turn every token into a frame."""
        if sent_at is None:
            return float("-inf")
        return sent_at + FLUSH_INTERVAL * _GROWTH ** min(self._batches, _GROWING_BATCHES)


def _pieces(delta: str) -> list[str]:
    if len(delta.encode("utf-8", errors="replace")) <= MAX_BATCH_BYTES:
        return [delta] if delta else []
    step = MAX_BATCH_BYTES // 4  # a character has four bytes at most
    return [delta[start : start + step] for start in range(0, len(delta), step)]
