"""Finds the rules of a folder: each module's RULE, and the RULES of a table."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from policies.rules.rule import ResourceRule, StackRule


def rules_in(package: ModuleType) -> tuple[ResourceRule | StackRule, ...]:
    """The rules of the modules that lie in a package itself, not in its subpackages, in the order of their names."""
    return tuple(sorted(_rules(package), key=lambda rule: rule.name))


def _rules(package: ModuleType) -> Iterator[ResourceRule | StackRule]:
    for module in iter_modules(package.__path__, f"{package.__name__}."):
        if not module.ispkg:
            found = vars(import_module(module.name))
            yield from found.get("RULES", ())
            if "RULE" in found:
                yield found["RULE"]
