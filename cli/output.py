"""The output of a command: text on the console for people, or one JSON document on stdout for programs."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console

CONTROL_CHARACTERS = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}

KILOBYTE = 1_000
MEGABYTE = 1_000_000
SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
"""In milliseconds."""

PIPE_WIDTH = 120
"""Columns if there is no terminal."""


def printable(text: str) -> str:
    """The text without terminal control characters: a model's text must not move the cursor or set the title."""
    return text.translate(CONTROL_CHARACTERS)


def write_json(document: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")
    sys.stdout.flush()


class Output:
    """Writes either text or JSON: with `as_json` the console is quiet and only `document` is written."""

    def __init__(self, as_json: bool, console: Console | None = None) -> None:
        self.as_json = as_json
        self.console = console or _console(quiet=as_json)

    def document(self, document: Mapping[str, Any]) -> None:
        if self.as_json:
            write_json(document)

    def line(self, text: str, style: str | None = None) -> None:
        """Write one line for people. The terminal wraps long lines, so that ids and paths can be copied."""
        self.console.print(printable(text), style=style, markup=False, soft_wrap=True)

    @contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """Show a spinner while the block runs; nothing without a terminal."""
        if self.as_json or not self.console.is_terminal:
            yield
            return
        with self.console.status(text):
            yield


def _console(quiet: bool) -> Console:
    console = Console(quiet=quiet, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console


def milliseconds(value: float | None) -> str:
    """`85 ms`, `2.1 s`, `5 min 3 s`, `7 h 59 min`, or `-` for None."""
    if value is None:
        return "-"
    if value < SECOND:
        return f"{value:.0f} ms"
    if value < 2 * MINUTE:
        return f"{value / SECOND:.1f} s"
    large, small, names = (MINUTE, SECOND, ("min", "s")) if value < HOUR else (HOUR, MINUTE, ("h", "min"))
    whole, rest = divmod(int(value), large)
    return f"{whole} {names[0]} {rest // small} {names[1]}"


def size(count: int) -> str:
    """`312 B`, `4.1 kB` or `2.0 MB`."""
    if count < KILOBYTE:
        return f"{count} B"
    return f"{count / KILOBYTE:.1f} kB" if count < MEGABYTE else f"{count / MEGABYTE:.1f} MB"
