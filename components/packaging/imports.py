"""The imports that a module requires, by its source: nothing is imported."""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_PATHS: Final = frozenset({"path", "meta_path", "path_hooks", "modules"})
_ADDING: Final = frozenset({"append", "extend", "insert", "setdefault", "update"})
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
            case ast.Return() | ast.Raise():
                return


def _suppresses(context: ast.expr) -> bool:
    return isinstance(context, ast.Call) and any(_catches_import(caught) for caught in context.args)


def _catches_import(caught: ast.expr | None) -> bool:
    """Whether an `except` clause of this type catches an import that fails."""
    if isinstance(caught, ast.Tuple):
        return any(_catches_import(one) for one in caught.elts)
    name = caught.attr if isinstance(caught, ast.Attribute) else caught.id if isinstance(caught, ast.Name) else ""
    return caught is None or name in _IMPORT_ERRORS


def changes_search_path(source: bytes) -> bool:
    """Whether a module changes where Python finds modules, such as `sys.path`; reading it does not count."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return False
    imported = [
        (node, alias) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names
    ]
    systems = {alias.asname or alias.name for node, alias in imported if isinstance(node, ast.Import)}
    systems &= {alias.asname or "sys" for _, alias in imported if alias.name == "sys"}
    paths = {
        alias.asname or alias.name
        for node, alias in imported
        if isinstance(node, ast.ImportFrom) and node.module == "sys" and alias.name in _PATHS
    }

    def is_path(node: ast.AST | None) -> bool:
        if isinstance(node, ast.Attribute):
            return node.attr in _PATHS and isinstance(node.value, ast.Name) and node.value.id in systems
        return isinstance(node, ast.Name) and node.id in paths

    return any(_changes(node, is_path) for node in nodes)


def _changes(node: ast.AST, is_path: Callable[[ast.AST | None], bool]) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=changed, attr=method)):
            return method == "addsitedir" or (method in _ADDING and is_path(changed))
        case ast.Call(func=ast.Name(id="addsitedir")):
            return True
        case ast.Assign(targets=targets):
            # A second name of the list may be used to change it.
            return is_path(node.value) or any(is_path(inner) for target in targets for inner in ast.walk(target))
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return is_path(node.value) or any(is_path(inner) for inner in ast.walk(target))
        case _:
            return False
