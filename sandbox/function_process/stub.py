"""Stands for a function's process at the emulator while a fork server's child does its work.

Run as `python -I -S stub.py SOCKET COMMAND...`. It hands its environment and its standard streams to the fork server at
SOCKET, a name in the temporary folder, and ends as the child does. Where no fork server takes them it becomes COMMAND.
One stands beside each child, so it imports next to nothing: `socket` alone would double its 8 ms.
"""

import _socket
import os
import select
import sys
from contextlib import suppress

_PARENT_CHECK_MS = 1_000
_STDOUT = 1


def hand_over(name: str) -> "_socket.socket | None":
    """The connection to the child's fork server; None when there is none or it refuses."""
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    environment = b"\0".join(b"%b=%b" % pair for pair in os.environb.items())
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
    try:
        os.chdir(os.environ["TMPDIR"])  # a path from there is short enough for a socket's address, whatever the folder
        connection.connect(name)
        connection.sendmsg([environment], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
        if connection.recv(64):
            return connection
    except (OSError, KeyError):
        pass
    connection.close()
    return None


def wait_for_end(connection: "_socket.socket") -> int:
    """The child's exit code, negative for a signal; 1 when the fork server or the emulator has gone."""
    parent = os.getppid()
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    poll.register(_STDOUT, 0)  # no event but the errors that are always told: the reader is gone
    while os.getppid() == parent:
        ready = [number for number, _ in poll.poll(_PARENT_CHECK_MS)]
        if connection.fileno() in ready:
            with suppress(OSError):
                return int(connection.recv(64) or b"1")
        if ready:
            break
    return 1


def end_as(code: int) -> None:
    """Ends this process as the child has ended."""
    if code < 0:
        import signal  # noqa: PLC0415  a child that is killed is rare, and this import is half of a start

        with suppress(OSError):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def main() -> None:
    name, *command = sys.argv[1:]
    connection = hand_over(name)
    if connection is None:
        os.execv(command[0], command)  # noqa: S606  no shell is wanted
    end_as(wait_for_end(connection))


if __name__ == "__main__":
    main()
