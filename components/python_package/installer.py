"""Where uv is. Packages are built side by side, and the search for it may be made by one thread only."""

import functools
from threading import Lock
from typing import Final

from uv import find_uv_bin

_LOCK: Final = Lock()
"""uv asks sysconfig, which shows a second thread what the first has not yet filled in."""


def uv_binary() -> str:
    """The path of uv's program, found once."""
    with _LOCK:
        return _found()


@functools.cache
def _found() -> str:
    return find_uv_bin()
