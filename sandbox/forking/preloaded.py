"""Modules imported once, for processes that are forked later and shall be as if each had imported for itself.

Linux; standard library only, as it runs in the functions environment or in an agent's.
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
    """What the imports print is kept for each process, and what they read of the environment decides who may have
    them."""

    def __init__(self) -> None:
        self._output = os.memfd_create("import-output")
        self._imports = ImportEnvironment()

    @contextmanager
    def importing(self) -> Iterator[None]:
        """Around all the imports, once."""
        with self._streams(), self._imports:
            yield

    def serves(self, environment: Mapping[str, str]) -> bool:
        """Whether the imports would have come out the same in a process of that environment."""
        return self._imports.would_be_the_same(environment)

    def begin(self, environment: Mapping[str, str]) -> None:
        """Makes a forked process as one of that environment that has done the imports itself."""
        set_environment(self._imports.after_imports(environment))
        time.tzset()
        if numpy := sys.modules.get("numpy.random"):
            numpy.seed()  # Python's own generator is seeded anew in each child, numpy's is not
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
    """As many open files as the system allows, as the emulator has it for the processes that it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def forget_ourselves() -> None:
    """What a process has that starts by itself: nothing of ours can be imported, or hide a module of the package."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "sandbox"]:
        del sys.modules[name]
    del sys.path[0]
    importlib.invalidate_caches()
