"""Finds uv. Packages are built in parallel, and only one thread may search at a time."""

import functools
from threading import Lock
from typing import Final

from uv import find_uv_bin

_LOCK: Final = Lock()
"""uv reads sysconfig, which a second thread would see half initialised."""


def uv_binary() -> str:
    """The path of uv's program, found once."""
    with _LOCK:
        return _found()


@functools.cache
def _found() -> str:
    return find_uv_bin()
