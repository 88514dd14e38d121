"""Fills templates such as `{effect:,.0f}` or `{groups[1].mean:,.2f}` with values from real tool results."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, TypeVar, cast

MINUS_SIGN = "\N{MINUS SIGN}"

T = TypeVar("T")

_FIELD = re.compile(r"(?P<name>\w+)(?:\[(?P<row>\d+)\])?(?:\.(?P<column>\w+))?")


class MissingValueError(LookupError):
    """A template needs a value that no tool has returned."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A tool's result for templates: `rows` by column where the tool returned a table, other values by name in `facts`,
    and always its text."""

    call: str
    tool: str
    text: str
    failed: bool
    rows: tuple[Mapping[str, Any], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """The first line of the error; databases add the query below it."""
        return next(iter(self.text.strip().splitlines()), "no reason given")

    @classmethod
    def of(cls, call: str, tool: str, text: str, failed: bool) -> "Outcome":
        """Parses the JSON that data tools return, a table `{"columns", "rows", …}` or an object without one."""
        try:
            content = json.loads(text)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            return cls(call, tool, text, failed)
        error = content.get("error")
        if error and "rows" not in content:
            return cls(call, tool, str(error), failed=True)
        return cls(call, tool, text, failed, tuple(_rows(content)), _facts(content))

    def values(self, row: int) -> Mapping[str, Any]:
        """Returns a row's values by column; for the first row also the facts."""
        held = self.rows[row] if row < len(self.rows) else {}
        return {**self.facts, **held} if row == 0 else held


class Wording(Formatter):
    """Fills templates from words (by name) and tool outcomes (by call name, or by column in the newest that has it)."""

    def __init__(self, words: Mapping[str, Any], outcomes: Sequence[Outcome]) -> None:
        self._words = words
        self._outcomes = outcomes

    def fill(self, template: str) -> str:
        """Returns the template with its values; raises MissingValueError."""
        return self.vformat(template, (), {})

    def fill_all(self, value: T) -> T:
        """Does the same for every string in a tool's input."""
        return cast(T, self._filled(value))

    def _filled(self, value: object) -> object:
        if isinstance(value, str):
            return self.fill(value)
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        if isinstance(value, dict):
            return {key: self._filled(item) for key, item in value.items()}
        return value

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, str]:  # noqa: ARG002
        found = _FIELD.fullmatch(field_name)
        value = self._value(found["name"], int(found["row"] or 0), found["column"]) if found else None
        if value is None:
            raise MissingValueError(field_name)
        return value, field_name

    def format_field(self, value: object, format_spec: str) -> str:
        if format_spec and isinstance(value, str):
            value = _number(value)
        text = format(value, format_spec)
        # Only a formatted number gets a typographic minus sign; an unformatted one may be part of SQL.
        return text.replace("-", MINUS_SIGN, 1) if format_spec and isinstance(value, int | float) else text

    def _value(self, name: str, row: int, column: str | None) -> object:
        if name in self._words and column is None:
            return self._words[name]
        for outcome in reversed(self._outcomes):
            if outcome.call == name:
                return _part(outcome, row, column)
            if column is None and name in outcome.values(0):
                return outcome.values(0)[name]
        return None


def _part(outcome: Outcome, row: int, column: str | None) -> object:
    if column in {None, "text"}:
        return outcome.text
    if column == "table":
        return _markdown(outcome.rows) if outcome.rows else outcome.text
    if column == "row_count":
        return len(outcome.rows)
    return outcome.values(row).get(str(column))


def _rows(content: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    columns = content.get("columns") or []
    names = [column["name"] if isinstance(column, dict) else str(column) for column in columns]
    for row in content.get("rows") or []:
        yield row if isinstance(row, dict) else dict(zip(names, row, strict=False))


def _facts(content: Mapping[str, Any]) -> Mapping[str, Any]:
    facts = {name: value for name, value in content.items() if name not in {"columns", "rows"}}
    # Lists of sentences, such as warnings, become one text.
    return {name: "; ".join(map(str, value)) if isinstance(value, list) else value for name, value in facts.items()}


def _number(text: str) -> int | float | str:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return text


def _markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([_cell(row.get(name)) for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
