"""Checks the entry points of a package, and the modules that it imports by their names: they are there and can import
everything that they need."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from components.packaging.cache import changes, tree_state
from components.packaging.errors import PackageError
from components.packaging.imports import Import, changes_search_path, required_imports
from components.packaging.installed_modules import InstalledModules
from components.packaging.target import Target, own_python_version

PATIENCE: Final = 60
"""Seconds that the imports may take, on a busy machine and without bytecode."""

_MARK: Final = "\x1e"
_IMPORT: Final = """
import importlib, os, sys, traceback
tree, strict, preinstalled, *names = sys.argv[1:]
sys.path.insert(0, tree)
for number, name in enumerate(names):
    sys.stderr.write(f"\\n\\x1e{name}\\n")
    sys.stderr.flush()
    try:
        importlib.import_module(name)
    except BaseException as error:
        missing = isinstance(error, ModuleNotFoundError) and str(error.name).partition(".")[0]
        if missing and missing in preinstalled.split(","):
            continue
        if number < int(strict) or isinstance(error, ImportError):
            sys.stderr.write("\\n" + " ".join(traceback.format_exception_only(error)[-1].split()) + "\\n")
            sys.stderr.flush()
            os._exit(1)
sys.stdout.flush()
os._exit(0)
"""
"""Imports modules in turn, each after a line with its name. Of those after the first `strict` ones only an ImportError
counts, because others may come from the environment, which is another here. A module that needs one of the
`preinstalled` ones cannot be imported further on this machine."""


def check_entry_points(
    package: str,
    tree: Path,
    entry_points: Sequence[str],
    modules: Sequence[str],
    target: Target,
    own: Sequence[str],
    preinstalled: Collection[str],
) -> None:
    """Raises PackageError PACKAGE_ENTRY for an entry point that cannot start, and for a module that is missing or has
    an import that fails.

    `own` names the folders and modules of the package's own code, whose imports are followed, and `preinstalled` the
    top-level modules that the service has. For a target of this machine's own kind they are imported too.
    """
    paths = {f"entry point {entry}": _entry_path(package, tree, entry) for entry in entry_points}
    paths |= {f"module {module}": _module_path(package, tree, module) for module in modules}
    installed = InstalledModules(tree, target.python_version, preinstalled)
    for shown, path in paths.items():
        if problem := _import_problem(tree, installed, list(_imports(tree, path, own)), own):
            raise _error(package, f"{shown} cannot start: {problem}")
    if paths and target.native and target.python_version == own_python_version():
        _import(package, tree, paths, len(entry_points), preinstalled)


def _entry_path(package: str, tree: Path, entry: str) -> str:
    if not (tree / entry).is_file():
        raise _error(
            package, f"entry point {entry} is not at the package's root; name the module itself among the sources"
        )
    return entry


def _module_path(package: str, tree: Path, module: str) -> str:
    path = module.replace(".", "/")
    found = next((file for file in (f"{path}.py", f"{path}/__init__.py") if (tree / file).is_file()), None)
    if found is None:
        raise _error(package, f"module {module} is not in the package; name the folder that contains it in the sources")
    return found


def _imports(tree: Path, start: str, own: Sequence[str]) -> Iterator[tuple[str, Import]]:
    """(path of the module, its import), for all of the package's own code that is reachable."""
    waiting = sorted(_files(tree, _module_name(start)))
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        for wanted in required_imports((tree / path).read_bytes(), _package_of(path)):
            yield path, wanted
            if _is_own(wanted, own):
                name = f"{wanted.module}.{wanted.name}" if wanted.name else wanted.module
                found = {file for file in _files(tree, name) if file not in seen}
                seen |= found
                waiting += sorted(found)


def _import_problem(
    tree: Path, installed: InstalledModules, imports: Sequence[tuple[str, Import]], own: Sequence[str]
) -> str:
    """The first library that is missing, otherwise the first import of something that a library does not have.

    Code that changes the search path, such as for a folder of libraries, may find a library that is not here.
    """
    missing = [(importing, library) for importing, wanted in imports if (library := installed.missing_library(wanted))]
    files = {file for importing, _ in imports for file in _files(tree, _module_name(importing))}
    if missing and not any(changes_search_path((tree / file).read_bytes()) for file in files):
        for importing, library in missing:
            return f"{importing} imports {library}, which is neither in the package nor in Python; add it to the lock"
    for importing, wanted in imports:
        if part := installed.missing_part(wanted):
            add = "" if _is_own(wanted, own) else "add the distribution that contains it to the lock, or "
            return f"{importing} imports {part}; {add}correct the name"
    return ""


def _is_own(wanted: Import, own: Sequence[str]) -> bool:
    top = wanted.module.partition(".")[0]
    return top in own or f"{top}.py" in own


def _module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _package_of(path: str) -> str:
    return path.rpartition("/")[0].replace("/", ".")


def _files(tree: Path, name: str) -> Iterator[str]:
    """The files that the import of a dotted name executes."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        path = "/".join(parts[:length])
        yield from (file for file in (f"{path}.py", f"{path}/__init__.py") if (tree / file).is_file())


def _import(package: str, tree: Path, paths: Mapping[str, str], strict: int, preinstalled: Collection[str]) -> None:
    """Imports all, by this machine's Python with only the package on its path. Raises PackageError."""
    names = {_module_name(path): shown for shown, path in paths.items()}
    command = [sys.executable, "-I", "-S", "-B", "-c", _IMPORT, str(tree), str(strict)]
    command += [",".join(sorted(preinstalled)), *names]
    # Code that creates an AWS client at import needs a region, which the service sets.
    environment = {"AWS_DEFAULT_REGION": "us-east-1", **os.environ}
    before = tree_state(tree)
    status, errors = _run(command, environment, tree)
    name, output = _last(errors)
    if status is None:
        raise _error(
            package,
            f"{names.get(name, name)} was not imported within {PATIENCE} s; it must not wait for anything while it is "
            "imported",
        )
    if status != 0:
        reason = output[-1] if output else f"exit status {status}"
        raise _error(
            package,
            f"{names.get(name, name)} cannot be imported: {reason}; it must be importable with the package alone",
        )
    if written := changes(tree, before):
        raise _error(
            package,
            f"its code writes into the package when it is imported ({written}), whose files are read-only on AWS; "
            "write to /tmp instead",
        )


def _run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> tuple[int | None, bytes]:
    """The exit status, None after too long a time, and the errors written. Ends all processes that the command started:
    they have its output open, so nothing may wait for the end of that."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603  this Python, on files that we made
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
        try:
            status: int | None = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        errors.seek(0)
        return status, errors.read()


def _last(errors: bytes) -> tuple[str, list[str]]:
    """The module that was imported last, and the lines that were written meanwhile."""
    name, _, output = errors.decode(errors="replace").rpartition(_MARK)[2].partition("\n")
    return name, output.strip().splitlines()


def _error(package: str, problem: str) -> PackageError:
    return PackageError("PACKAGE_ENTRY", f"package {package}: {problem}")
