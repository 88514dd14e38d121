"""The questions of a run on a terminal: their text, and the prompt that takes the answers."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from rich.console import Console

from cli.errors import CliError
from cli.output import printable
from client import LATER, OnQuestion, RunQuestion

_LINE_BYTES: Final = 65_536
"""A terminal gives one line at a time, of at most 4,096 bytes on Linux."""

_MAX_CHOICES: Final = 20


def described(data: Mapping[str, Any]) -> list[str]:
    """What a person needs for an answer, a line each: the choices, the default, the expiry."""
    schema = data.get("schema")
    lines = []
    choices = _choices(schema) if isinstance(schema, Mapping) else None
    if choices:
        lines.append(f"answer with {choices}")
    if data.get("default") is not None:
        lines.append(f"without an answer: {shown(data['default'])}")
    if data.get("expires_at"):
        lines.append(f"until {str(data['expires_at'])[:16].replace('T', ' ')} UTC")
    return [printable(line) for line in lines]


def shown(value: object) -> str:
    """An answer as a person would type it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def how_to_answer(question: RunQuestion | None, run_id: str, words: str) -> str:
    """The command that answers the question; `words` are the options of the deployment."""
    named = f" {question.question_id}" if question is not None else ""
    return f"longrun answer {run_id}{named} TEXT{words}"


def prompting(console: Console, pause: Callable[[], None], words: str) -> OnQuestion:
    """Asks on the terminal until an answer is accepted. Ctrl-D leaves the question open; `pause` stops what else writes
    to the terminal."""

    async def ask(question: RunQuestion) -> object:
        pause()
        if question.problem:
            console.print(printable(question.problem), style="red", markup=False, soft_wrap=True)
        while True:
            line = await _line(console)
            if line is None:
                command = how_to_answer(question, question.run_id, words)
                console.print(f"\nthe question stays open; answer it with '{command}'", markup=False, soft_wrap=True)
                return LATER
            if line:
                return line
            if question.default is not None:
                return question.default

    return ask


def pointing(words: str) -> OnQuestion:
    """Writes to stderr how to answer, where there is no terminal to ask on."""

    def point(question: RunQuestion) -> object:
        sys.stderr.write(
            f"the run waits for an answer; give it with '{how_to_answer(question, question.run_id, words)}'\n"
        )
        sys.stderr.flush()
        return LATER

    return point


def leaving(words: str, document: Callable[[], Mapping[str, Any]]) -> OnQuestion:
    """Ends the command where the run waits; `document` is what `--json` writes."""

    def leave(question: RunQuestion) -> object:
        command = how_to_answer(question, question.run_id, words)
        raise CliError("WAITING", f"the run waits for an answer; give it with '{command}'", document())

    return leave


def can_prompt(console: Console, as_json: bool) -> bool:
    """Whether a person sits at the terminal."""
    return not as_json and console.is_terminal and sys.stdin.isatty()


async def _line(console: Console) -> str | None:
    """The next line of the terminal without its end; None for Ctrl-D. It can be cancelled, unlike a read in a
    thread."""
    console.print("answer> ", end="", style="bold", markup=False)
    console.file.flush()
    loop = asyncio.get_running_loop()
    terminal = sys.stdin.fileno()
    ready = asyncio.Event()
    loop.add_reader(terminal, ready.set)
    try:
        await ready.wait()
    except asyncio.CancelledError:
        console.print()
        raise
    finally:
        loop.remove_reader(terminal)
    given = os.read(terminal, _LINE_BYTES)
    return given.decode(errors="replace").strip() if given else None


def _choices(schema: Mapping[str, Any]) -> str:
    values = schema.get("enum")
    if isinstance(values, list) and values:
        more = f" and {len(values) - _MAX_CHOICES} more" if len(values) > _MAX_CHOICES else ""
        return " | ".join(shown(value) for value in values[:_MAX_CHOICES]) + more
    kind = schema.get("type")
    if kind == "boolean":
        return "true | false"
    return f"a value of type {kind}" if isinstance(kind, str) and kind != "string" else ""
