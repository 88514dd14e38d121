"""Checks that a module of MiniStack is the one whose functions the sandbox replaces."""

import inspect
from collections.abc import Mapping, Sequence
from types import ModuleType


def require_known(module: ModuleType, title: str, parameters: Mapping[str, str], used: Sequence[str] = ()) -> None:
    """Raises ValueError unless each function in `parameters` has those parameters, and each name in `used` exists."""
    foreign = [name for name, expected in parameters.items() if _parameters(module, name) != expected]
    foreign += [name for name in used if not hasattr(module, name)]
    if foreign:
        raise ValueError(f"MiniStack's {title} is not the one that the sandbox knows: {', '.join(foreign)}")


def _parameters(module: ModuleType, name: str) -> str | None:
    found = getattr(module, name, None)
    return str(inspect.signature(found)) if callable(found) else None
