"""The process that the emulator starts for a function, while a child of the fork server does the work.

Run as `python -I -S stub.py SOCKET COMMAND...`. It sends its environment and its standard streams to the fork server at
SOCKET, a name in the temporary folder, and ends as the child does. Where no fork server accepts them it executes
COMMAND. There is one stub for each child, so it imports almost nothing: `socket` alone would double its 8 ms.
"""

import _socket
import os
import select
import sys
from contextlib import suppress

_PARENT_CHECK_MS = 1_000
_STDOUT = 1


def hand_off(name: str) -> "_socket.socket | None":
    """Returns the connection to the child's fork server; None when there is no server or it does not accept."""
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    environment = b"\0".join(b"%b=%b" % pair for pair in os.environb.items())
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
    try:
        os.chdir(os.environ["TMPDIR"])  # the name alone always fits into a socket's address
        connection.connect(name)
        connection.sendmsg([environment], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
        if connection.recv(64):
            return connection
    except (OSError, KeyError):
        pass
    connection.close()
    return None


def wait_for_end(connection: "_socket.socket") -> int:
    """Returns the child's exit code, negative for a signal; 1 when the fork server or the emulator has ended."""
    parent = os.getppid()
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    poll.register(_STDOUT, 0)  # without events poll still reports errors: the reader has closed the pipe
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
        import signal  # noqa: PLC0415  a killed child is rare, and this import would be half of the start

        with suppress(OSError):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def main() -> None:
    name, *command = sys.argv[1:]
    connection = hand_off(name)
    if connection is None:
        os.execv(command[0], command)  # noqa: S606  no shell is wanted
    end_as(wait_for_end(connection))


if __name__ == "__main__":
    main()
