"""The fork server of a container's command `python -m MODULE`: imports the installed packages that the module and the
image's own modules import at any time, then forks its containers.

Run as `python -S -m sandbox.task_process.task_server LISTENER MODULE [LEFT_OUT...]` by the containers' interpreter, in
an environment like theirs. Standard input is a socket on which it sends `ready`. The command's arguments come with each
request, in the variable ARGUMENTS.
"""

import json
import os
import socket
import sys
import types
from collections.abc import Mapping
from importlib.abc import InspectLoader
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

from sandbox.forking.fork_server import ForkServer
from sandbox.forking.importing import preload
from sandbox.forking.preloaded import forget_ourselves, raise_open_files
from sandbox.forking.static_imports import installed_imports
from sandbox.paths import REPOSITORY

ARGUMENTS = "_LONGRUN_TASK_ARGUMENTS"
"""A JSON list; the container does not get the variable."""

_OWN = ("HOME", "TMPDIR")
"""Variables that differ between containers. An import derives at most the folder of a cache from them, which the
containers of one image may share."""


def main() -> None:
    listener, module, *left_out = sys.argv[1:]
    given = dict(os.environ)
    raise_open_files()
    tree = Path(os.environ["PWD"])
    forget_ourselves()
    os.chdir(tree)
    sys.path.insert(0, str(tree))  # as -m does
    imports = installed_imports(_file(module, tree), tree, deferred=True)
    preloaded = preload(imports, left_out, given, REPOSITORY, may_fail=True)

    def accepts(environment: Mapping[str, str]) -> bool:
        return preloaded.serves({**environment, **{name: given[name] for name in _OWN}})

    os.write(0, b"ready")
    environment = ForkServer(socket.socket(fileno=int(listener)), accepts).serve()
    # A session of its own, so that the sidecar can kill the container with all that it has started.
    os.setsid()
    arguments = json.loads(environment.pop(ARGUMENTS))
    preloaded.begin(environment)
    _run(module, arguments)


def _file(module: str, tree: Path) -> Path:
    path = tree.joinpath(*module.split("."))
    return path / "__main__.py" if path.is_dir() else path.with_suffix(".py")


def _run(module: str, arguments: list[str]) -> None:
    """Does what `python -m` does, in a module of its own."""
    try:
        spec = _spec(module)
        main_module = types.ModuleType("__main__")
        main_module.__dict__.update(
            __file__=spec.origin, __loader__=spec.loader, __package__=spec.parent, __spec__=spec, __cached__=spec.cached
        )
        sys.modules["__main__"] = main_module
        sys.argv = [str(spec.origin), *arguments]
        exec(_code(spec), main_module.__dict__)  # noqa: S102  the purpose of this program
    except Exception as error:
        error.__traceback__ = error.__traceback__.tb_next if error.__traceback__ else None  # the first is ours
        sys.excepthook(type(error), error, error.__traceback__)
        sys.exit(1)


def _spec(module: str) -> ModuleSpec:
    spec = find_spec(module)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = find_spec(f"{module}.__main__")
    if spec is None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)
    return spec


def _code(spec: ModuleSpec) -> types.CodeType:
    code = spec.loader.get_code(spec.name) if isinstance(spec.loader, InspectLoader) else None
    if code is None:
        raise ImportError(f"No code object available for {spec.name}", name=spec.name)
    return code


if __name__ == "__main__":
    main()
