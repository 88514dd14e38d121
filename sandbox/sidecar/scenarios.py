"""Loads scenario files: which question calls which tools, and how the answer is worded. The format: sandbox/scenarios/README.md."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.sidecar.errors import SettingsError

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|\d+")


@dataclass(frozen=True, slots=True)
class Match:
    """Says which questions a scenario is for: every entry of `words` must be there, none of `unless`, and the `regex`."""

    words: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    regex: re.Pattern[str] | None

    def found(self, question: str) -> dict[str, str] | None:
        """The named groups of the regex (often none) if the question fits, otherwise None."""
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
        """The more it demands, the sooner it is chosen."""
        return len(self.words) + (10 if self.regex else 0)


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    tool: str
    input: Mapping[str, Any] | str


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer of the model that calls tools; `after_failure` keeps it for when the turn before has failed."""

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


def load_scenarios(folder: Path) -> tuple[Scenario, ...]:
    """Every scenario of the folder's *.toml files, the most demanding match first; raises SettingsError."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise SettingsError(f"The scenario folder {folder} has no *.toml file: name a folder that has.")
    scenarios = [scenario for file in files for scenario in _load(file)]
    return tuple(sorted(scenarios, key=lambda scenario: -scenario.match.weight))


def _load(file: Path) -> list[Scenario]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"The scenario file {file} cannot be read: {error}.") from error
    reader = _Reader(str(file), content, ("scenario",))
    return [_scenario(file, index, raw) for index, raw in enumerate(reader.tables("scenario"), start=1)]


def _scenario(file: Path, index: int, raw: Any) -> Scenario:
    keys = ("name", "question", "listed", "match", "turn", "recall", "answer", "failed", "forgotten")
    reader = _Reader(f"{file}, scenario {index}", raw, keys)
    name = reader.text("name")
    where = f"{file}, scenario {name}"
    return Scenario(
        name=name,
        question=reader.text("question"),
        listed=bool(raw.get("listed", True)),
        match=_match(f"{where}, match", raw.get("match")),
        turns=tuple(
            _turn(f"{where}, turn {number}", turn) for number, turn in enumerate(reader.tables("turn"), start=1)
        ),
        recall={key: _regex(where, pattern) for key, pattern in raw.get("recall", {}).items()},
        answer=reader.text("answer").strip(),
        failed=reader.text("failed", "").strip(),
        forgotten=reader.text("forgotten", "").strip(),
    )


def _match(where: str, raw: Any) -> Match:
    reader = _Reader(where, raw, ("words", "unless", "regex"))
    match = Match(
        words=tuple(_words(entry) for entry in reader.texts("words")),
        unless=tuple(_words(entry) for entry in reader.texts("unless")),
        regex=_regex(where, raw["regex"]) if "regex" in raw else None,
    )
    if not match.weight:
        raise SettingsError(f'{where}: give "words" or a "regex", or every question would fit.')
    return match


def _turn(where: str, raw: Any) -> Turn:
    reader = _Reader(where, raw, ("say", "call", "after_failure"))
    calls = tuple(_call(f"{where}, call {number}", call) for number, call in enumerate(reader.tables("call"), start=1))
    if not calls:
        raise SettingsError(f'{where}: a turn calls at least one tool; words without a call belong in "answer".')
    return Turn(reader.text("say", "").strip(), calls, bool(raw.get("after_failure", False)))


def _call(where: str, raw: Any) -> Call:
    reader = _Reader(where, raw, ("name", "tool", "input"))
    tool = reader.text("tool")
    return Call(reader.text("name", tool), tool, raw.get("input", {}))


def _words(entry: str) -> re.Pattern[str]:
    """`train*|program*|re78`: one of these words; a star stands for any ending."""
    words = (re.escape(word.strip().casefold()).replace(r"\*", r"[\w'’-]*") for word in entry.split("|"))
    return re.compile(rf"(?<![\w])(?:{'|'.join(words)})(?![\w])")


def _regex(where: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE | re.DOTALL)
    except re.error as error:
        raise SettingsError(f"{where}: the regex {pattern!r} is wrong: {error}.") from error


class _Reader:
    """Takes values out of a TOML table, naming the place of what is missing or unknown."""

    def __init__(self, where: str, raw: Any, known: Sequence[str]) -> None:
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
            raise SettingsError(f"{self._where}: {key!r} must be given as a text.")
        return value

    def texts(self, key: str) -> list[str]:
        value = self._raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise SettingsError(f"{self._where}: {key!r} must be a list of texts.")
        return value

    def tables(self, key: str) -> list[Any]:
        value = self._raw.get(key, [])
        if not isinstance(value, list):
            raise SettingsError(f"{self._where}: {key!r} must be a list of tables, written [[…{key}]].")
        return value
