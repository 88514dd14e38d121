"""Breaks lines between words while a text is still arriving, so that nothing has to be held back or taken back."""

import re

from rich.cells import cell_len

PARTS = re.compile(r"\n|[^\S\n]+|\S+")


class LineBreaker:
    """Keeps the column over the pieces of one text. A word that arrives in pieces is not broken between them."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._column = 0
        self._in_word = False

    def feed(self, text: str) -> str:
        """The next piece, with line breaks where a word would cross the edge."""
        return "".join(map(self._placed, PARTS.findall(text)))

    def _placed(self, part: str) -> str:
        goes_on = self._in_word and not part.isspace()
        self._in_word = not part.isspace()
        if part == "\n":
            self._column = 0
            return part
        length = cell_len(part)
        if self._column + length > self._width and self._column > 0 and not goes_on:
            if part.isspace():
                self._column = 0
                return "\n"
            self._column = self._after(0, length)
            return f"\n{part}"
        self._column = self._after(self._column, length)
        return part

    def _after(self, column: int, length: int) -> int:
        """Where the cursor is then: a full line is left only by the next character."""
        return (column + length - 1) % self._width + 1
