"""Reads the values of one configuration namespace, and reports all problems in one error."""

import difflib
import json
from collections.abc import Callable, Sequence
from typing import Final, TypeGuard

import pulumi
from pulumi.runtime import config as engine_config

from policies.rules.aws_limits import Range

_SHOWN: Final = 300
"""Characters of a value that a message repeats."""

_FLAGS: Final = {"true": True, "True": True, "false": False, "False": False}


class SettingsError(pulumi.RunError):
    """A configuration that cannot be deployed. The command line shows it without a stack trace."""

    code = "INVALID_CONFIG"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def hidden(text: str) -> str:
    """What is shown of a text that must not be printed."""
    return f"a text of {len(text)} characters"


class ConfigReader:
    """Reads one namespace of the stack's configuration. Problems are collected, and `finish` raises them together.

    Every key has a value: Pulumi.yaml declares a default for each, which the engine, and the sandbox like it, puts into
    the configuration that it gives to the program. So the defaults are in Pulumi.yaml and not here.
    """

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._config = pulumi.Config(namespace)
        self._known: list[str] = []
        self._problems: list[str] = []

    @property
    def has_problems(self) -> bool:
        return bool(self._problems)

    def has_problem(self, key: str) -> bool:
        """Whether the value of a key was rejected: a check that needs it would report it again."""
        places = tuple(f"configuration {self._namespace}:{key}{end}" for end in (" ", "."))
        return any(problem.startswith(places) for problem in self._problems)

    def text(self, key: str, problem: Callable[[str], str], *, shown: Callable[[str], str] = repr) -> str:
        """A text. `problem` returns what is wrong with it, or nothing. `shown` leaves out what may be a secret."""
        value = self._raw(key)
        if value is not None:
            self._check(key, value, _blank_problem(value) or problem(value), shown)
        return value or ""

    def choice(self, key: str, allowed: Sequence[str]) -> str:
        return self.text(key, lambda value: "" if value in allowed else _one_of(allowed))

    def integer(self, key: str, allowed: Range | Sequence[int]) -> int:
        value = self._raw(key)
        if value is None:
            return 0
        try:
            number = int(value)  # as pulumi.Config.get_int
        except ValueError:
            self._check(key, value, f"give a whole number, {_numbers(allowed)}")
            return 0
        fits = allowed.allows(number) if isinstance(allowed, Range) else number in allowed
        self._check(key, number, "" if fits else f"allowed: {_numbers(allowed)}")
        return number

    def flag(self, key: str) -> bool:
        value = self._raw(key)
        if value is not None:
            self._check(key, value, "" if value in _FLAGS else "give true or false")
        return _FLAGS.get(value or "", False)

    def texts(self, key: str, problem: Callable[[str], str], *, shown: Callable[[str], str] = repr) -> tuple[str, ...]:
        """A list of texts, each checked by `problem` and shown by `shown`."""
        value = self._parsed(key)
        if not _is_texts(value):
            self._check(key, value, "give a list of texts")
            return ()
        for item in value:
            self._check(key, item, _blank_problem(item) or problem(item), shown)
        return tuple(value)

    def mapping(self, key: str) -> dict[str, str]:
        """Texts by name. `pulumi config set --path` makes numbers and booleans of texts that look like them."""
        value = self._parsed(key)
        if not isinstance(value, dict) or not all(isinstance(item, str | int | float) for item in value.values()):
            self._check(key, value, "give an object of texts, name to value")
            return {}
        return {name: item if isinstance(item, str) else json.dumps(item) for name, item in value.items()}

    def lists(self, key: str, problem: Callable[[str], str]) -> dict[str, tuple[str, ...]]:
        """Lists of texts by name, each text checked by `problem`."""
        value = self._parsed(key)
        if not isinstance(value, dict) or not all(_is_texts(items) and items for items in value.values()):
            self._check(key, value, "give an object of lists of texts, none empty")
            return {}
        for name, items in value.items():
            for item in items:
                self._check(f"{key}.{name}", item, problem(item))
        return {name: tuple(items) for name, items in value.items()}

    def reject(self, problem: str) -> None:
        """Adds a problem that concerns more than one key."""
        self._problems.append(problem)

    def finish(self) -> None:
        """Raises SettingsError if there are problems or keys that were not read."""
        unknown = [self._unknown(key) for key in _keys_of(self._namespace) if key not in self._known]
        if unknown or self._problems:
            raise SettingsError([*unknown, *self._problems])

    def _raw(self, key: str) -> str | None:
        self._known.append(key)
        value = self._config.get(key)
        if value is None:
            self._problems.append(
                f"configuration {self._namespace}:{key} has no value; Pulumi.yaml declares its default"
            )
        return value

    def _parsed(self, key: str) -> object:
        value = self._raw(key)
        if value is None:
            return None
        try:
            parsed: object = json.loads(value)
        except ValueError:
            return value
        return parsed

    def _check(self, key: str, given: object, problem: str, shown: Callable[[str], str] = repr) -> None:
        if problem and given is not None:
            place = f"{self._namespace}:{key}"
            text = shown(given) if isinstance(given, str) else repr(given)
            if engine_config.is_config_secret(f"{self._namespace}:{key.partition('.')[0]}"):
                text = hidden(str(given))
            self._problems.append(f"configuration {place} is {_cut(text)}; {problem}")

    def _unknown(self, key: str) -> str:
        nearest = ", ".join(nearest_first(key, self._known))
        return f"configuration {self._namespace}:{key} is unknown; known, the nearest first: {nearest}"


def nearest_first(key: str, known: Sequence[str]) -> list[str]:
    """The known names, the most similar first."""
    return sorted(known, key=lambda name: (-difflib.SequenceMatcher(None, key.lower(), name.lower()).ratio(), name))


def _blank_problem(value: str) -> str:
    if value != value.strip():
        return "remove the blanks around it"
    return "" if value.isprintable() else "remove line breaks and other characters that are not printable"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _is_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _keys_of(namespace: str) -> list[str]:
    names = {**engine_config.get_config_env(), **engine_config.CONFIG.get()}
    prefix = f"{namespace}:"
    return sorted(name.removeprefix(prefix) for name in names if name.startswith(prefix))


def _one_of(allowed: Sequence[str]) -> str:
    return f"allowed: {', '.join(allowed)}"


def _numbers(allowed: Range | Sequence[int]) -> str:
    return str(allowed) if isinstance(allowed, Range) else ", ".join(map(str, allowed))
