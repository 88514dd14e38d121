"""Breaks lines between words while a text is still arriving, without delaying or rewriting any part of it."""

import re

from rich.cells import cell_len

PARTS = re.compile(r"\n|[^\S\n]+|\S+")


class LineBreaker:
    """Tracks the cursor column over the pieces of a text. A word that arrives in pieces is not broken between them."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._column = 0
        self._in_word = False

    def feed(self, text: str) -> str:
        """The next piece, with a line break before a word that would cross the edge."""
        return "".join(map(self._placed, PARTS.findall(text)))

    def _placed(self, part: str) -> str:
        continues_word = self._in_word and not part.isspace()
        self._in_word = not part.isspace()
        if part == "\n":
            self._column = 0
            return part
        length = cell_len(part)
        if self._column + length > self._width and self._column > 0 and not continues_word:
            if part.isspace():
                self._column = 0
                return "\n"
            self._column = self._after(0, length)
            return f"\n{part}"
        self._column = self._after(self._column, length)
        return part

    def _after(self, column: int, length: int) -> int:
        """The column after the text: the cursor leaves a full line only with the next character."""
        return (column + length - 1) % self._width + 1
