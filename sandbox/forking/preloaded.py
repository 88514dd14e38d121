"""Imports modules once for processes that are forked later, each of which looks as if it had made the imports itself.

Linux; standard library only, because it runs in the functions environment or in an agent's.
"""

import importlib
import os
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sandbox.forking.import_environment import ImportEnvironment, set_environment

_STREAMS = (1, 2)


class Preloaded:
    """Replays the imports' output in each process; what they read from the environment decides which processes may
    use them."""

    def __init__(self) -> None:
        self._output = os.memfd_create("import-output")
        self._imports = ImportEnvironment()

    @contextmanager
    def importing(self) -> Iterator[None]:
        """Wraps all the imports, once."""
        with self._streams(), self._imports:
            yield

    def serves(self, environment: Mapping[str, str]) -> bool:
        """Returns whether the imports would have had the same result in a process with that environment."""
        return self._imports.would_be_the_same(environment)

    def begin(self, environment: Mapping[str, str]) -> None:
        """Makes a forked process look like one with that environment that has made the imports itself."""
        set_environment(self._imports.after_imports(environment))
        time.tzset()
        if numpy := sys.modules.get("numpy.random"):
            numpy.seed()  # after a fork Python seeds its own generator again, numpy does not
        with os.fdopen(self._output, "rb") as source, os.fdopen(1, "wb", closefd=False) as log:
            source.seek(0)
            log.write(source.read())

    @contextmanager
    def _streams(self) -> Iterator[None]:
        kept = [os.dup(stream) for stream in _STREAMS]
        for stream in _STREAMS:
            os.dup2(self._output, stream)
        try:
            yield
        finally:
            sys.stdout.flush()
            for stream, before in zip(_STREAMS, kept, strict=True):
                os.dup2(before, stream)
                os.close(before)


def raise_open_files() -> None:
    """Allows as many open files as the system does, like the emulator for the processes that it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def forget_ourselves() -> None:
    """Removes the sandbox from this process, so that it can neither be imported nor hide a module of the package."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "sandbox"]:
        del sys.modules[name]
    # The repository, which `-m` has put there.
    del sys.path[0]
    importlib.invalidate_caches()
