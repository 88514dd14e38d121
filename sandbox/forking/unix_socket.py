"""The addresses of Unix sockets, and a fork server's socket. Standard library only."""

import os
import socket
import sys
from pathlib import Path

_BACKLOG = 1_024


def short(folder: int, name: str, path: Path) -> str:
    """Returns an address for a Unix socket by way of the folder's descriptor, because the path may exceed the limit of
    about 100 bytes."""
    return f"/proc/self/fd/{folder}/{name}" if sys.platform == "linux" else str(path / name)


def listen(folder: Path, name: str) -> socket.socket:
    """Returns a listening socket `name` in `folder`. Its server inherits it: a caller that comes before the server has
    started waits instead of finding none. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        listener.bind(short(descriptor, name, folder))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    finally:
        os.close(descriptor)
    return listener
