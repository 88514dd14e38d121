"""Calls that a module makes when it is imported, and that belong to its start: of servers, and of helpers that exist on
Lambda only."""

import ast
from collections.abc import Iterator
from typing import Final

from .problem import ImageProblemError

SERVERS: Final = frozenset(
    {"asyncio.run", "awslambdaric.bootstrap.run", "awslambdaric.main", "hypercorn.asyncio.serve", "uvicorn.run"}
)
"""They return when the process is to end, so the import would never end."""
HELPERS: Final = frozenset({"streamifyResponse", "streamify_response"})
"""Whatever object they belong to: the runtime makes it when a function starts, and not in a build or a test."""


def calls_at_import(source: bytes, path: str) -> Iterator[tuple[int, str]]:
    """Line and name of each. Raises ImageProblemError for what is not Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise ImageProblemError(f"{path} is not Python: {error}") from None
    names = _imported(tree)
    for statement in tree.body:
        for node in _executed(statement):
            called = _name(node.func if isinstance(node, ast.Call) else node, names)
            if called in SERVERS or called.rpartition(".")[2] in HELPERS:
                yield node.lineno, called


def _executed(node: ast.AST) -> Iterator[ast.Call | ast.expr]:
    """The calls, and the decorators that are called, at import. Bodies of functions are not executed then."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
        for decorator in decorators:
            if not isinstance(decorator, ast.Call):
                yield decorator
        for part in (*decorators, node.args):
            yield from _executed(part)
        return
    if isinstance(node, ast.If) and _is_main(node.test):
        return
    if isinstance(node, ast.Call):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from _executed(child)


def _is_main(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def _imported(tree: ast.Module) -> dict[str, str]:
    """The full names behind the names that imports bind."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _name(node: ast.expr, imported: dict[str, str]) -> str:
    """The dotted name of what is called; empty for anything else."""
    if isinstance(node, ast.Name):
        return imported.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        base = _name(node.value, imported)
        return f"{base}.{node.attr}" if base else node.attr
    return ""
