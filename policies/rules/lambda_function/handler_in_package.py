"""The handler that a function names is in its package."""

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Final

from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import EXEC_WRAPPER, FUNCTION, is_set
from policies.rules.lambda_function.functions.package import Package, package_of
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import text

_SUFFIXES: Final = {"python": (".py", "/__init__.py", ".pyc", ".so"), "nodejs": (".js", ".mjs", ".cjs", "/index.js")}


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for function in stack.of_type(FUNCTION):
        package = package_of(stack, function)
        # A layer may hold the handler, and with a wrapper the handler is whatever the wrapper takes it for.
        elsewhere = is_set(function, "layers") or is_set(function, "environment", "variables", EXEC_WRAPPER)
        if package is not None and not elsewhere:
            for finding in _findings(function, package):
                yield function, finding


def _findings(function: Resource, package: Package) -> Iterator[Finding]:
    handler, runtime = text(function.properties, "handler"), text(function.properties, "runtime")
    if handler is None or runtime is None:
        return
    if runtime.startswith("provided"):
        if "bootstrap" not in package.sizes and not package.contents.partial:
            yield _finding("runtime", runtime, "a package with the program `bootstrap` at its root", "Add it")
        return
    suffixes = next((suffixes for family, suffixes in _SUFFIXES.items() if runtime.startswith(family)), ())
    module, _, name = handler.rpartition(".")
    if not suffixes:
        return
    if not module:
        allowed = "module.function, for example runtime.gateway.function.handler"
        yield _finding("handler", handler, allowed, "Name the module and the function in it")
        return
    paths = [path for path in _paths(module, runtime, suffixes) if path in package.sizes]
    if not paths and not package.contents.partial and not _has_extension_module(module, package):
        fix = "Add the module to the package's sources, or name one that is in it"
        yield _finding("handler", handler, "a module of the package", fix)
    elif runtime.startswith("python") and paths and not _binds(package.text(paths[0]), name):
        yield _finding("handler", handler, f"a function that {paths[0]} defines", "Name one that it defines")


def _paths(module: str, runtime: str, suffixes: tuple[str, ...]) -> list[str]:
    base = module.replace(".", "/") if runtime.startswith("python") else module.removeprefix("./")
    return [base + suffix for suffix in suffixes]


def _has_extension_module(module: str, package: Package) -> bool:
    """Whether it is compiled: `name.cpython-313-aarch64-linux-gnu.so`."""
    pattern = re.compile(re.escape(module.replace(".", "/")) + r"\.[\w.-]+\.so")
    return any(pattern.fullmatch(path) for path in package.sizes)


def _binds(source: str | None, name: str) -> bool:
    """Whether a module may have the name; one that cannot be read or parsed here may."""
    try:
        tree = ast.parse(source) if source is not None else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return tree is None or any(name in _bound(node) or "*" in _bound(node) for node in ast.walk(tree))


def _bound(node: ast.AST) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    return [node.id] if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else []


def _finding(prop: str, value: str, allowed: str, fix: str) -> Finding:
    why = "The function is created and then fails at each start with Runtime.ImportModuleError or an invalid entrypoint"
    return Finding(property=prop, value=value, allowed=allowed, why=why, fix=fix)


RULE = StackRule(
    name="lambda-function-handler-in-package",
    description="The handler of a function is a function in a module of its package.",
    remediation="Give handler as module.function, the module as a path in the package with dots.",
    check=_check,
)
