"""The modules at a package's root that a service starts: there, in Python, and able to import what they name."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from components.python_package.errors import PackageError
from components.python_package.target import Target, own_python_version

PATIENCE: Final = 60
"""Seconds for an import, on a busy machine and without bytecode."""

_IMPORT: Final = "import importlib, sys; sys.path.insert(0, sys.argv[1]); importlib.import_module(sys.argv[2])"


def refuse_entries(package: str, tree: Path, entries: Sequence[str], target: Target, own: Sequence[str]) -> None:
    """Raises PackageError PACKAGE_ENTRY for an entry that would not start. `own` names what in the tree is the
    package's own code, whose imports are followed."""
    for entry in entries:
        problem = _problem(tree, entry, target, own)
        if problem:
            raise PackageError("PACKAGE_ENTRY", f"package {package}: entry {entry} {problem}")


def _problem(tree: Path, entry: str, target: Target, own: Sequence[str]) -> str:
    if not (tree / entry).is_file():
        return "is not at the package's root; name the module itself among the sources"
    for module, name in _imports(tree, entry, own):
        if not _is_there(tree, name):
            return f"cannot start: {module} imports {name}, which is neither in the package nor in Python; lock it in"
    if target.native and target.python_version == own_python_version():
        return _import_problem(tree, entry)
    return ""


def _imports(tree: Path, entry: str, own: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(path of the module, name at the top of what it imports), over all of the package's own code that is reached."""
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
    """What a module cannot do without: imports at its top, not those that it tries or that only types need."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        # This machine's Python may be older than the target's, whose compiler has seen the code.
        return
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files(tree: Path, name: str) -> Iterator[str]:
    """The files that importing a dotted name executes."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        path = "/".join(parts[:length])
        yield from (file for file in (f"{path}.py", f"{path}/__init__.py") if (tree / file).is_file())


def _is_there(tree: Path, top: str) -> bool:
    if top in sys.stdlib_module_names:
        return True
    return (tree / top).is_dir() or (tree / f"{top}.py").is_file() or any(tree.glob(f"{top}.*.so"))


def _import_problem(tree: Path, entry: str) -> str:
    """What a real import says, by this machine's Python with nothing on its path but the package."""
    command = [sys.executable, "-I", "-S", "-B", "-c", _IMPORT, str(tree), entry.removesuffix(".py")]
    # Code that makes an AWS client when it is imported wants a region, which the service will give it.
    environment = {"AWS_DEFAULT_REGION": "us-east-1", **os.environ}
    try:
        imported = subprocess.run(  # noqa: S603  this Python, on files that we made
            command, env=environment, cwd=tree, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return f"has not been imported after {PATIENCE} s; an entry may wait for nothing until it is started"
    if imported.returncode == 0:
        return ""
    said = imported.stderr.strip().splitlines() or [f"exit status {imported.returncode}"]
    return f"cannot be imported: {said[-1]}; it has to be importable from the package alone"
