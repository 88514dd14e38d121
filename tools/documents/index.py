"""What an index of passages is, whichever library ranks them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tools.documents.passage import Passage


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage, by its place in the sequence that was indexed, and how well it fits: higher is better."""

    place: int
    score: float


class Index(Protocol):
    """Passages by words. Safe to use from several threads."""

    def find(self, query: str, limit: int) -> list[Hit]:
        """The passages with a word of the query, the best first, equal ones in their order. No query fails."""


IndexFactory = Callable[[Sequence[Passage]], Index]


def indexed_texts(passages: Sequence[Passage]) -> list[str]:
    """What is searched of each passage: its document, the headings above it, and its text."""
    return [f"{passage.document}\n{passage.section}\n{passage.text}" for passage in passages]
