"""Reads the values of one configuration namespace and collects what is wrong with them, to be told all at once."""

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeGuard, TypeVar

import pulumi
from pulumi.runtime import config as engine_config

from policies.rules.aws_limits import Range

T = TypeVar("T")

_FLAGS: Final = {"true": True, "True": True, "false": False, "False": False}


class SettingsError(pulumi.RunError):
    """A configuration that cannot be deployed. The command line shows it without a stack trace."""

    code = "INVALID_CONFIG"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class _Hidden:
    """Stands for a text that must not be printed."""

    def __init__(self, text: str) -> None:
        self._length = len(text)

    def __repr__(self) -> str:
        return f"a text of {self._length} characters"


class ConfigReader:
    """One namespace of the stack's configuration. A value that is wrong is noted, and its default stands in for it."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._config = pulumi.Config(namespace)
        self._known: list[str] = []
        self._problems: list[str] = []

    def text(self, key: str, default: str, problem: Callable[[str], str], *, hidden: bool = False) -> str:
        """A text; `problem` says what is wrong with it, or nothing. `hidden`: never shown, it may be a secret."""
        value = self._raw(key)
        if value is None:
            return default
        return self._checked(key, value, problem(value), default, shown=_Hidden(value) if hidden else None)

    def choice(self, key: str, default: str, allowed: Sequence[str]) -> str:
        return self.text(key, default, lambda value: "" if value in allowed else _one_of(allowed))

    def integer(self, key: str, default: int, allowed: Range | Sequence[int]) -> int:
        value = self._raw(key)
        if value is None:
            return default
        try:
            number = int(value)
        except ValueError:
            return self._checked(key, default, f"give a whole number, {_numbers(allowed)}", default, shown=value)
        fits = allowed.allows(number) if isinstance(allowed, Range) else number in allowed
        return self._checked(key, number, "" if fits else f"allowed: {_numbers(allowed)}", default)

    def flag(self, key: str, default: bool) -> bool:
        value = self._raw(key)
        if value is None:
            return default
        problem = "" if value in _FLAGS else "give true or false"
        return self._checked(key, _FLAGS.get(value, default), problem, default, shown=value)

    def texts(self, key: str, default: Sequence[str], problem: Callable[[str], str]) -> tuple[str, ...]:
        """A list of texts, each judged by `problem`."""
        value = self._parsed(key)
        if value is None:
            return tuple(default)
        if not _is_texts(value):
            return self._checked(key, tuple(default), "give a list of texts", tuple(default), shown=value)
        for item in value:
            self._checked(key, item, problem(item), item)
        return tuple(value)

    def mapping(self, key: str) -> dict[str, str]:
        """Texts by name; empty when not set."""
        value = self._parsed(key)
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            return self._checked(key, {}, "give an object of texts, name to value", {}, shown=value)
        return dict(value)

    def lists(
        self, key: str, default: Mapping[str, Sequence[str]], problem: Callable[[str], str]
    ) -> dict[str, tuple[str, ...]]:
        """Lists of texts by name, each text judged by `problem`."""
        fallback = {name: tuple(items) for name, items in default.items()}
        value = self._parsed(key)
        if value is None:
            return fallback
        if not isinstance(value, dict) or not all(_is_texts(items) and items for items in value.values()):
            return self._checked(key, fallback, "give an object of lists of texts, none empty", fallback, shown=value)
        for name, items in value.items():
            for item in items:
                self._checked(f"{key}.{name}", item, problem(item), item)
        return {name: tuple(items) for name, items in value.items()}

    def reject(self, problem: str) -> None:
        """Notes a problem that concerns more than one key."""
        self._problems.append(problem)

    def finish(self) -> None:
        """Raises SettingsError when anything was wrong, keys that nobody read among it."""
        unknown = [self._unknown(key) for key in _keys_of(self._namespace) if key not in self._known]
        if unknown or self._problems:
            raise SettingsError([*unknown, *self._problems])

    def _raw(self, key: str) -> str | None:
        self._known.append(key)
        return self._config.get(key)

    def _parsed(self, key: str) -> object:
        value = self._raw(key)
        if value is None:
            return None
        try:
            parsed: object = json.loads(value)
        except ValueError:
            return value
        return parsed

    def _checked(self, key: str, value: T, problem: str, default: T, shown: object = None) -> T:
        if not problem:
            return value
        given = value if shown is None else shown
        self._problems.append(f"configuration {self._namespace}:{key} is {given!r}; {problem}")
        return default

    def _unknown(self, key: str) -> str:
        nearest = ", ".join(nearest_first(key, self._known))
        return f"configuration {self._namespace}:{key} is unknown; known, the nearest first: {nearest}"


def nearest_first(key: str, known: Sequence[str]) -> list[str]:
    """The known names, those that are written most alike first."""
    return sorted(known, key=lambda name: (-difflib.SequenceMatcher(None, key.lower(), name.lower()).ratio(), name))


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
