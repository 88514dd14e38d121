"""Finds the installed packages that a script imports at its top, by parsing it instead of running it. Standard
library only, because it runs in an agent's interpreter."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Import:
    """`from module import name`, or `import module` where the name is empty."""

    module: str
    name: str = ""


def installed_imports(script: Path, root: Path, *, deferred: bool = False) -> list[Import]:
    """Returns the imports in order, including those of the artifact's own modules, and with `deferred` those that
    functions make when they are called. Of what is in `root`, only packages that an installer put there count: own
    modules may have any effect at import, so each process imports them itself."""
    installed = packages_distributions()
    found: dict[Import, None] = {}
    seen = {script}
    waiting = [script]
    while waiting:
        file = waiting.pop(0)
        for one in _imports(file, root, deferred):
            top = one.module.partition(".")[0]
            if top in installed or top in sys.stdlib_module_names:
                found.setdefault(one)
                continue
            own = [path for path in _own_files(one, root) if path not in seen]
            seen.update(own)
            waiting.extend(own)
    return list(found)


def _imports(file: Path, root: Path, deferred: bool) -> Iterator[Import]:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return  # the process that imports it reports the error
    package = file.parent.relative_to(root).parts
    for node in ast.walk(tree) if deferred else _unconditional(tree.body):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (Import(module, alias.name) for alias in node.names if module)


def _unconditional(body: list[ast.stmt]) -> Iterator[ast.AST]:
    for node in body:
        if isinstance(node, ast.Try):
            yield from _unconditional(node.body)
        else:
            yield node


def _own_files(one: Import, root: Path) -> list[Path]:
    parts = one.module.split(".")
    packages = [root.joinpath(*parts[:end], "__init__.py") for end in range(1, len(parts) + 1)]
    modules = [root.joinpath(*parts).with_suffix(".py")]
    if one.name and one.name != "*":
        modules += [root.joinpath(*parts, one.name).with_suffix(".py"), root.joinpath(*parts, one.name, "__init__.py")]
    return [path for path in (*packages, *modules) if path.is_file()]
