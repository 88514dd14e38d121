"""Checks the entry points of a package: they exist at its root and can import everything that they need."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from components.packaging.errors import PackageError
from components.packaging.target import Target, own_python_version

PATIENCE: Final = 60
"""Seconds that an import may take, on a busy machine and without bytecode."""

_IMPORT: Final = "import importlib, sys; sys.path.insert(0, sys.argv[1]); importlib.import_module(sys.argv[2])"


def check_entry_points(
    package: str, tree: Path, entry_points: Sequence[str], target: Target, own: Sequence[str]
) -> None:
    """Raises PackageError PACKAGE_ENTRY for an entry point that cannot start. `own` names the folders and modules of
    the package's own code, whose imports are followed."""
    for entry in entry_points:
        problem = _problem(tree, entry, target, own)
        if problem:
            raise PackageError("PACKAGE_ENTRY", f"package {package}: entry point {entry} {problem}")


def _problem(tree: Path, entry: str, target: Target, own: Sequence[str]) -> str:
    if not (tree / entry).is_file():
        return "is not at the package's root; name the module itself among the sources"
    for module, name in _imports(tree, entry, own):
        if not _is_there(tree, name):
            reason = f"{module} imports {name}, which is neither in the package nor in Python"
            return f"cannot start: {reason}; add it to the lock"
    if target.native and target.python_version == own_python_version():
        return _import_problem(tree, entry)
    return ""


def _imports(tree: Path, entry: str, own: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(path of the module, top-level name that it imports), for all of the package's own code that is reachable."""
    waiting, seen = [entry], {entry}
    while waiting:
        path = waiting.pop()
        for name in _imported((tree / path).read_bytes()):
            top = name.partition(".")[0]
            yield path, top
            if top in own or f"{top}.py" in own:
                found = {file for file in _files(tree, name) if file not in seen}
                seen |= found
                waiting += sorted(found)


def _imported(source: bytes) -> Iterator[str]:
    """The imports that a module requires: those at its top, without optional ones (try) and those for types only."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        # The code may need a newer Python than this one; the target's own compiler has checked it.
        return
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files(tree: Path, name: str) -> Iterator[str]:
    """The files that the import of a dotted name executes."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        path = "/".join(parts[:length])
        yield from (file for file in (f"{path}.py", f"{path}/__init__.py") if (tree / file).is_file())


def _is_there(tree: Path, top: str) -> bool:
    if top in sys.stdlib_module_names:
        return True
    return (tree / top).is_dir() or (tree / f"{top}.py").is_file() or any(tree.glob(f"{top}.*.so"))


def _import_problem(tree: Path, entry: str) -> str:
    """The error of a real import, by this machine's Python with only the package on its path; empty if it works."""
    command = [sys.executable, "-I", "-S", "-B", "-c", _IMPORT, str(tree), entry.removesuffix(".py")]
    # Code that creates an AWS client at import needs a region, which the service sets.
    environment = {"AWS_DEFAULT_REGION": "us-east-1", **os.environ}
    try:
        imported = subprocess.run(  # noqa: S603  this Python, on files that we made
            command, env=environment, cwd=tree, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return f"was not imported within {PATIENCE} s; an entry point must not wait for anything while it is imported"
    if imported.returncode == 0:
        return ""
    output = imported.stderr.strip().splitlines() or [f"exit status {imported.returncode}"]
    return f"cannot be imported: {output[-1]}; it must be importable with the package alone"
