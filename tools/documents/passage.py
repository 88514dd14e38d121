"""Divides a document into passages: pieces of bounded length that a search returns whole."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAX_CHARS: Final = 1_200
"""Characters of a passage's text, line ends included."""

_LINE_END: Final = re.compile(r"\r\n|\n|\r")
"""What editors count as lines; str.splitlines knows more."""
_HEADING: Final = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_MARKDOWN: Final = (".md", ".markdown")


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines `first_line` to `last_line` of a document, counted from 1. `headings` are those above, the outermost first;
    a text file has none. A line that is longer than a passage is divided, so passages may share a line."""

    document: str
    first_line: int
    last_line: int
    headings: tuple[str, ...]
    text: str

    @property
    def section(self) -> str:
        return " > ".join(self.headings)


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines without a blank one between them."""

    first_line: int
    last_line: int
    headings: tuple[str, ...]
    text: str
    is_heading: bool = False


def lines_of(text: str) -> list[str]:
    """The lines of a document, as passages count them."""
    return _LINE_END.split(text)


def passages_of(document: str, text: str) -> list[Passage]:
    """The passages in their order, the same for the same text. They begin at headings, and where a section is too long,
    at paragraphs, then at lines, then at spaces."""
    is_markdown = document.lower().endswith(_MARKDOWN)
    merged = list(_merged(_bounded(_blocks(lines_of(text), is_markdown=is_markdown))))
    following = [*(block.headings for block in merged[1:]), ()]
    return [
        Passage(document, block.first_line, block.last_line, block.headings, block.text)
        for block, after in zip(merged, following, strict=False)
        # A heading directly above another one is in the headings of the next passage.
        if not (block.is_heading and after[: len(block.headings)] == block.headings)
    ]


def _blocks(lines: list[str], *, is_markdown: bool) -> Iterator[_Block]:
    """The paragraphs. A block of code is one, blank lines included."""
    headings: dict[int, str] = {}
    open_lines: list[str] = []
    fence = ""
    for number, line in enumerate([*lines, ""], start=1):
        heading = _HEADING.fullmatch(line) if is_markdown and not fence else None
        is_end = (not line.strip() and not fence) or number > len(lines)
        if (heading or is_end) and open_lines:
            yield _Block(number - len(open_lines), number - 1, tuple(headings.values()), "\n".join(open_lines))
            open_lines = []
        if heading:
            level = len(heading[1])
            headings = {**{above: text for above, text in headings.items() if above < level}, level: heading[2]}
            yield _Block(number, number, tuple(headings.values()), line.rstrip(), is_heading=True)
        elif not is_end:
            open_lines.append(line.rstrip())
            fence = _fence(line, fence) if is_markdown else ""


def _fence(line: str, fence: str) -> str:
    """The mark of the block of code that is open after the line; empty for none."""
    found = _FENCE.match(line)
    if found is None:
        return fence
    if not fence:
        return found[1]
    is_end = found[1].startswith(fence) and not line[found.end() :].strip()
    return "" if is_end else fence


def _bounded(blocks: Iterator[_Block]) -> Iterator[_Block]:
    """The blocks, those that are too long in pieces."""
    for block in blocks:
        if len(block.text) <= MAX_CHARS:
            yield block
            continue
        for number, line in enumerate(block.text.split("\n"), start=block.first_line):
            for piece in _pieces(line):
                yield _Block(number, number, block.headings, piece)


def _pieces(line: str) -> Iterator[str]:
    while len(line) > MAX_CHARS:
        space = line.rfind(" ", 1, MAX_CHARS + 1)
        end = space if space > 0 else MAX_CHARS
        yield line[:end]
        line = line[end:].lstrip()
    if line.strip():
        yield line


def _merged(blocks: Iterator[_Block]) -> Iterator[_Block]:
    """Neighbours of one section in one block as far as they fit."""
    last: _Block | None = None
    for block in blocks:
        if last is None:
            last = block
            continue
        gap = "\n" * min(2, max(1, block.first_line - last.last_line))
        text = f"{last.text}{gap}{block.text}"
        if block.headings == last.headings and not block.is_heading and len(text) <= MAX_CHARS:
            last = _Block(last.first_line, block.last_line, last.headings, text)
        else:
            yield last
            last = block
    if last is not None:
        yield last
