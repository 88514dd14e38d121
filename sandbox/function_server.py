"""The fork server of one function: has entered its package and imported its handler, and forks its processes.

Run as `python -m sandbox.function_server SOCKET FOLDER HANDLER` by the functions environment's interpreter, in the
function's own environment. An import that fails ends it: each process then imports for itself, and tells the error.
"""

import importlib
import os
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sandbox import bootstrap
from sandbox.fork_server import ForkServer, listen
from sandbox.import_environment import ImportEnvironment

_STREAMS = (1, 2)
_PRELOADED = ("awslambdaric.bootstrap", "boto3")
"""What every process here imports at its start or soon after."""


def main() -> None:
    address, folder, handler = sys.argv[1:]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # as the emulator does for the processes it starts
    listener = listen(Path(address))
    _look_like_bootstrap(folder)
    output = os.memfd_create("import-output")
    imports = ImportEnvironment()
    with _streams_to(output), imports:
        for module in (*_PRELOADED, handler.rpartition(".")[0]):
            importlib.import_module(module.replace("/", "."))

    def admits(environment: Mapping[str, str]) -> bool:
        return imports.would_be_the_same(bootstrap.lambda_environment(environment, folder))

    environment = ForkServer(listener, admits).serve()
    bootstrap.set_environment(imports.after_imports(bootstrap.lambda_environment(environment, folder)))
    time.tzset()
    _seed_numpy()
    _repeat(output)
    bootstrap.serve()


def _look_like_bootstrap(folder: str) -> None:
    """What the plain way has in this process: nothing of ours can be imported, or hide a module of the package."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "sandbox"]:
        del sys.modules[name]
    sys.argv = [bootstrap.__file__, folder]
    del sys.path[0]
    bootstrap.enter(folder)


@contextmanager
def _streams_to(file: int) -> Iterator[None]:
    kept = [os.dup(stream) for stream in _STREAMS]
    for stream in _STREAMS:
        os.dup2(file, stream)
    try:
        yield
    finally:
        sys.stdout.flush()
        for stream, before in zip(_STREAMS, kept, strict=True):
            os.dup2(before, stream)
            os.close(before)


def _repeat(output: int) -> None:
    """Prints what the imports have printed, as each process does that imports for itself."""
    with open(output, "rb") as source, open(1, "wb", closefd=False) as log:
        source.seek(0)
        log.write(source.read())


def _seed_numpy() -> None:
    """Python's own generator is seeded anew in each child, numpy's is not."""
    if numpy := sys.modules.get("numpy.random"):
        numpy.seed()


if __name__ == "__main__":
    main()
