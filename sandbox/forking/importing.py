"""Makes the imports of a fork server, without the modules that forked processes cannot share. Standard library only."""

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sandbox.forking.import_environment import set_environment
from sandbox.forking.preloaded import Preloaded
from sandbox.forking.static_imports import Import


class _UnfitError(Exception):
    """A module has started threads, which a forked process would not have, or has failed."""

    def __init__(self, module: str) -> None:
        super().__init__(module)
        self.module = module


def preload(
    imports: Sequence[Import],
    left_out: Sequence[str],
    given: Mapping[str, str],
    folder: Path,
    *,
    may_fail: bool = False,
) -> Preloaded:
    """Imports all but the modules that are left out. Where one has started threads, this program starts again with the
    environment `given`, in `folder`, and with the module as one more argument; also where one has failed and `may_fail`
    is true. Raises what another failing import raises."""
    preloaded = Preloaded()
    try:
        with preloaded.importing():
            for one in imports:
                if one.module not in left_out:
                    _load(one, may_fail)
    except _UnfitError as error:
        set_environment(given)
        os.chdir(folder)
        # exec is the only way to get rid of the threads. The listener stays open, so callers wait.
        os.execv(sys.executable, [*sys.orig_argv, error.module])  # noqa: S606  no shell is wanted
    return preloaded


def _load(one: Import, may_fail: bool) -> None:
    try:
        module = importlib.import_module(one.module)
        if one.name and not hasattr(module, one.name):
            with suppress(ModuleNotFoundError):
                importlib.import_module(f"{one.module}.{one.name}")
    except Exception as error:
        if may_fail:
            raise _UnfitError(one.module) from error
        raise
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise _UnfitError(one.module)
