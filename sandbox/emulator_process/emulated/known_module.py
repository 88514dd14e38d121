"""Checks that a module of MiniStack is the one whose functions the sandbox replaces, and replaces them."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from types import ModuleType
from typing import Any


def require_known(module: ModuleType, title: str, parameters: Mapping[str, str], used: Sequence[str] = ()) -> None:
    """Raises ValueError unless each function in `parameters` has those parameters, and each name in `used` exists."""
    foreign = [name for name, expected in parameters.items() if _parameters(module, name) != expected]
    foreign += [name for name in used if not hasattr(module, name)]
    if foreign:
        raise ValueError(f"MiniStack's {title} is not the one that the sandbox knows: {', '.join(foreign)}")


def replace(module: ModuleType, replacements: object, names: Sequence[str]) -> None:
    """Puts each method of `replacements` in the place of the function with that name, without its first underscore.

    It keeps the function's signature, so that a second replacement of the same function still knows it.
    """
    for name in names:
        vars(module)[name] = _like(vars(module)[name], getattr(replacements, name.removeprefix("_")))


def _like(original: Callable[..., Any], replacement: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  MiniStack's own
        return replacement(*args, **kwargs)

    return call


def _parameters(module: ModuleType, name: str) -> str | None:
    found = getattr(module, name, None)
    return str(inspect.signature(found)) if callable(found) else None
