"""Loads scenario files: the tools to call and the text of the answer. The format: sandbox/scenarios/README.md."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.sidecar.settings import SettingsError

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Match:
    """The questions that a scenario answers: those with every entry of `words`, none of `unless`, and the `regex`."""

    words: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    regex: re.Pattern[str] | None

    def found(self, question: str) -> dict[str, str] | None:
        """Returns the named groups of the regex (often none) if the question matches, otherwise None."""
        text = " ".join(_WORD.findall(question.casefold()))
        if any(not pattern.search(text) for pattern in self.words) or any(
            pattern.search(text) for pattern in self.unless
        ):
            return None
        if self.regex is None:
            return {}
        hit = self.regex.search(question)
        return None if hit is None else {name: value or "" for name, value in hit.groupdict().items()}

    @property
    def weight(self) -> int:
        """More conditions make a match more specific; the most specific one is chosen."""
        return len(self.words) + (10 if self.regex else 0)


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    tool: str
    input: Mapping[str, Any] | str


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer of the model that calls tools; with `after_failure` it is used only when the previous turn failed."""

    say: str
    calls: tuple[Call, ...]
    after_failure: bool


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    question: str
    listed: bool
    match: Match
    turns: tuple[Turn, ...]
    recall: Mapping[str, re.Pattern[str]]
    answer: str
    failed: str
    forgotten: str

    @property
    def tools(self) -> frozenset[str]:
        """The tools that it calls, without those that the question names."""
        return frozenset(call.tool for turn in self.turns for call in turn.calls if "{" not in call.tool)


def load_scenarios(folder: Path) -> tuple[Scenario, ...]:
    """Returns every scenario of the folder's *.toml files, the most specific match first, then the one with the most
    tools; raises SettingsError."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise SettingsError(f"The scenario folder {folder} has no *.toml file: name a folder that has one.")
    scenarios = [scenario for file in files for scenario in _load(file)]
    return tuple(sorted(scenarios, key=lambda scenario: (-scenario.match.weight, -len(scenario.tools))))


def _load(file: Path) -> list[Scenario]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"The scenario file {file} cannot be read: {error}.") from error
    reader = _Reader(str(file), content, ("scenario",))
    return [_scenario(file, index, raw) for index, raw in enumerate(reader.tables("scenario"), start=1)]


def _scenario(file: Path, index: int, raw: object) -> Scenario:
    keys = ("name", "question", "listed", "match", "turn", "recall", "answer", "failed", "forgotten")
    reader = _Reader(f"{file}, scenario {index}", raw, keys)
    name = reader.text("name")
    where = f"{file}, scenario {name}"
    return Scenario(
        name=name,
        question=reader.text("question"),
        listed=reader.flag("listed", default=True),
        match=_match(f"{where}, match", reader.value("match")),
        turns=tuple(
            _turn(f"{where}, turn {number}", turn) for number, turn in enumerate(reader.tables("turn"), start=1)
        ),
        recall=reader.patterns("recall"),
        answer=reader.text("answer").strip(),
        failed=reader.text("failed", "").strip(),
        forgotten=reader.text("forgotten", "").strip(),
    )


def _match(where: str, raw: object) -> Match:
    reader = _Reader(where, raw, ("words", "unless", "regex"))
    match = Match(
        words=tuple(_words(entry) for entry in reader.texts("words")),
        unless=tuple(_words(entry) for entry in reader.texts("unless")),
        regex=reader.pattern("regex"),
    )
    if not match.weight:
        raise SettingsError(f'{where}: give "words" or a "regex", or every question would match.')
    return match


def _turn(where: str, raw: object) -> Turn:
    reader = _Reader(where, raw, ("say", "call", "after_failure"))
    calls = tuple(_call(f"{where}, call {number}", call) for number, call in enumerate(reader.tables("call"), start=1))
    if not calls:
        raise SettingsError(f'{where}: a turn calls at least one tool; words without a call belong in "answer".')
    return Turn(reader.text("say", "").strip(), calls, reader.flag("after_failure", default=False))


def _call(where: str, raw: object) -> Call:
    reader = _Reader(where, raw, ("name", "tool", "input"))
    tool = reader.text("tool")
    tool_input = reader.value("input") or {}
    if not isinstance(tool_input, dict | str):
        raise SettingsError(
            f"{where}: 'input' must be a table, or a string that is JSON once its values are filled in."
        )
    return Call(reader.text("name", tool), tool, tool_input)


def _words(entry: str) -> re.Pattern[str]:
    """Returns a pattern for alternatives such as `train*|program*|re78`; a star matches any ending."""
    words = (re.escape(word.strip().casefold()).replace(r"\*", r"\w*") for word in entry.split("|"))
    return re.compile(rf"(?<![\w])(?:{'|'.join(words)})(?![\w])")


def _regex(where: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE | re.DOTALL)
    except re.error as error:
        raise SettingsError(f"{where}: the regex {pattern!r} is invalid: {error}.") from error


class _Reader:
    """Reads values from a TOML table; an error names the place of a missing or unknown key."""

    def __init__(self, where: str, raw: object, known: Sequence[str]) -> None:
        if not isinstance(raw, dict):
            raise SettingsError(f"{where}: a table is needed with {', '.join(known)}.")
        unknown = sorted(set(raw) - set(known))
        if unknown:
            raise SettingsError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(known)}.")
        self._where = where
        self._raw = raw

    def text(self, key: str, default: str | None = None) -> str:
        value = self._raw.get(key, default)
        if not isinstance(value, str):
            raise SettingsError(f"{self._where}: {key!r} must be given as a string.")
        return value

    def value(self, key: str) -> object:
        return self._raw.get(key)

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._raw.get(key, default)
        if not isinstance(value, bool):
            raise SettingsError(f"{self._where}: {key!r} must be true or false.")
        return value

    def pattern(self, key: str) -> re.Pattern[str] | None:
        return _regex(self._where, self.text(key)) if key in self._raw else None

    def patterns(self, key: str) -> dict[str, re.Pattern[str]]:
        table = self._raw.get(key, {})
        if not isinstance(table, dict):
            raise SettingsError(f"{self._where}: {key!r} must be a table of regular expressions.")
        return {name: _regex(f"{self._where}, {key}.{name}", str(pattern)) for name, pattern in table.items()}

    def texts(self, key: str) -> list[str]:
        value = self._raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise SettingsError(f"{self._where}: {key!r} must be a list of strings.")
        return value

    def tables(self, key: str) -> list[Any]:
        value = self._raw.get(key, [])
        if not isinstance(value, list):
            raise SettingsError(f"{self._where}: {key!r} must be a list of tables, written [[…{key}]].")
        return value
