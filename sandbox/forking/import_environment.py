"""Records what imports read and change in the environment, to decide which processes may share the result."""

import os
from collections.abc import Mapping
from typing import Any

_READ_BELOW_PYTHON = (
    "GLIBC_TUNABLES",
    "LANG",
    "LC_",
    "LD_",
    "MALLOC_",
    "OMP_",
    "OPENBLAS_",
    "OPENSSL_",
    "PYTHON",
    "TZ",
)
"""Prefixes of variables that the interpreter and C libraries read at their start, where no recording sees it."""


def set_environment(environment: Mapping[str, str]) -> None:
    """Replaces this process's environment. Variables that stay are never unset in between."""
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)


class ImportEnvironment:
    """A context manager around the imports. Reading all of `os.environ` counts as reading each variable."""

    def __init__(self) -> None:
        self._plain: type[Any] = type(os.environ)
        self._before: dict[str, str] = {}
        self._read: dict[str, str | None] = {}
        self._set: dict[str, str] = {}
        self._removed: frozenset[str] = frozenset()

    def __enter__(self) -> "ImportEnvironment":
        self._before = dict(os.environ)
        # The class is replaced instead of the object, because modules may already refer to os.environ.
        os.environ.__class__ = self._recording(self._plain)
        return self

    def __exit__(self, *_: object) -> None:
        os.environ.__class__ = self._plain
        self._set = {name: value for name, value in os.environ.items() if self._before.get(name) != value}
        self._removed = frozenset(self._before.keys() - os.environ.keys())

    def would_be_the_same(self, environment: Mapping[str, str]) -> bool:
        """Returns whether the imports would have read the same values in a process with that environment."""
        below = {name for name in self._before.keys() | environment.keys() if name.startswith(_READ_BELOW_PYTHON)}
        return all(environment.get(name) == value for name, value in self._read.items()) and all(
            environment.get(name) == self._before.get(name) for name in below
        )

    def after_imports(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Returns that environment with the changes that the imports made."""
        return {name: value for name, value in environment.items() if name not in self._removed} | self._set

    def _recording(self, plain: type[Any]) -> type[Any]:
        read = self._read

        def getitem(environ: Any, name: str) -> Any:  # noqa: ANN401  the class of os.environ has no public name
            try:
                value = plain.__getitem__(environ, name)
            except KeyError:
                read.setdefault(name, None)
                raise
            read.setdefault(name, value)
            return value

        return type("RecordingEnviron", (plain,), {"__getitem__": getitem})
