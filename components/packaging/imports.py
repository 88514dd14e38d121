"""The imports that a module requires, by its source: nothing is imported."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_IMPORT_ERRORS: Final = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


@dataclass(frozen=True, slots=True)
class Import:
    """`from module import name`, or `import module` where the name is empty."""

    module: str
    name: str = ""


def required_imports(source: bytes, package: str) -> Iterator[Import]:
    """Returns the imports at the top of a module and in its functions, without optional ones: those under a condition
    and those whose failure is caught. `package` is the dotted name of the module's package, for relative imports."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        # The code may need a newer Python than this one; the target's own compiler has checked it.
        return
    parents = package.split(".") if package else []
    for node in _required(body):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name) for alias in node.names)
        else:
            base = parents[: len(parents) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (Import(module, alias.name) for alias in node.names if module)


def _required(body: Iterable[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in body:
        match node:
            case ast.Import() | ast.ImportFrom():
                yield node
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.For() | ast.AsyncFor() | ast.While():
                yield from _required(node.body)
            case ast.With() | ast.AsyncWith() if not any(_suppresses(item.context_expr) for item in node.items):
                yield from _required(node.body)
            case ast.Try() | ast.TryStar() if not any(_catches_import(handler.type) for handler in node.handlers):
                yield from _required([*node.body, *node.orelse, *node.finalbody])


def _suppresses(context: ast.expr) -> bool:
    return isinstance(context, ast.Call) and any(_catches_import(caught) for caught in context.args)


def _catches_import(caught: ast.expr | None) -> bool:
    """Whether an `except` clause of this type catches an import that fails."""
    if isinstance(caught, ast.Tuple):
        return any(_catches_import(one) for one in caught.elts)
    return caught is None or (isinstance(caught, ast.Name) and caught.id in _IMPORT_ERRORS)
