"""A process that has imported what others will need, and forks one of them for each that asks: 1 ms instead of a
second. Linux; standard library only, as it runs in the functions environment or in an agent's.

Whoever asks (`sandbox.stub`, or the sidecar for a session) sends one message over a Unix socket: the environment, with
standard streams attached. It is answered `started` and the child's process id, later the exit code (negative for a
signal), or nothing at all: then there is no child and it must help itself. A connection that closes ends its child, and
the end of this process ends all of them.
"""

import ctypes
import gc
import os
import select
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_STREAMS = 3
_LIFELINE = 0
_MESSAGE_BYTES = 256 * 1024
_BACKLOG = 1_024
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class _Child:
    pid: int
    handle: int
    connection: socket.socket


def listen(address: Path) -> socket.socket:
    """A socket at `address`. Changes to its folder: a name alone always fits into a socket's address."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    os.chdir(address.parent)
    listener.bind(address.name)
    listener.listen(_BACKLOG)
    return listener


class ForkServer:
    """Serves until its standard input closes, which the process that must not die before it keeps open."""

    def __init__(self, listener: socket.socket, admits: Callable[[Mapping[str, str]], bool]) -> None:
        """`admits` says whether what is imported here also serves a process of that environment."""
        self._listener = listener
        self._admits = admits
        self._callers: dict[int, socket.socket] = {}
        self._children: dict[int, _Child] = {}
        self._by_handle: dict[int, _Child] = {}
        self._poll = select.poll()
        self._libc = ctypes.CDLL(None)

    def serve(self) -> dict[str, str]:
        """Returns in each child only, with the environment that it was given and the streams in place.

        Raises RuntimeError when a thread runs beside the main one, as a forked child would lack it; OSError where the
        system cannot watch a process.
        """
        threads = len(list(Path("/proc/self/task").iterdir()))
        if threads > 1:
            raise RuntimeError(f"{threads - 1} threads run beside the main one, so nothing can be forked")
        os.close(os.pidfd_open(os.getpid()))
        gc.collect()
        gc.freeze()  # a collection in a child would copy every page that it looks at
        for number in (_LIFELINE, self._listener.fileno()):
            self._poll.register(number, select.POLLIN)
        while True:
            for number, _ in self._poll.poll():
                environment = self._handle(number)
                if environment is not None:
                    return environment

    def _handle(self, number: int) -> dict[str, str] | None:
        if number == _LIFELINE:
            os.killpg(os.getpgrp(), signal.SIGKILL)  # with what the children have started
        elif number == self._listener.fileno():
            self._accept()
        elif number in self._callers:
            return self._answer(self._callers.pop(number))
        elif number in self._children:
            self._kill(self._children.pop(number))
        elif number in self._by_handle:
            self._tell_end(self._by_handle.pop(number))
        return None

    def _accept(self) -> None:
        with suppress(OSError):
            caller, _ = self._listener.accept()
            self._callers[caller.fileno()] = caller
            self._poll.register(caller, select.POLLIN)

    def _answer(self, caller: socket.socket) -> dict[str, str] | None:
        """The environment in a new child; None in the server."""
        streams: list[int] = []
        try:
            message, streams, flags, _ = socket.recv_fds(caller, _MESSAGE_BYTES, _STREAMS)
            environment = _environment(message)
            if len(streams) == _STREAMS and not flags & socket.MSG_TRUNC and self._admits(environment):
                return environment if self._fork(caller, streams) else None
        except OSError:
            pass
        finally:
            for stream in streams:
                os.close(stream)
        self._poll.unregister(caller)
        caller.close()
        return None

    def _fork(self, caller: socket.socket, streams: list[int]) -> bool:
        """True in the child. Raises OSError when there is none."""
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != server:
                os._exit(1)
            self._leave(caller, streams)
            return True
        try:
            child = _Child(pid, os.pidfd_open(pid), caller)
        except OSError:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        self._children[caller.fileno()] = self._by_handle[child.handle] = child
        self._poll.register(child.handle, select.POLLIN)
        with suppress(OSError):
            caller.send(b"started %d" % pid)
        return False

    def _leave(self, caller: socket.socket, streams: list[int]) -> None:
        """Makes the child's streams its own and drops what belongs to the server."""
        for target, stream in enumerate(streams):
            os.dup2(stream, target)
        for child in self._by_handle.values():
            child.connection.close()
            os.close(child.handle)
        for connection in (self._listener, caller, *self._callers.values()):
            connection.close()
        gc.enable()

    def _kill(self, child: _Child) -> None:
        self._poll.unregister(child.connection)
        signal.pidfd_send_signal(child.handle, signal.SIGKILL)

    def _tell_end(self, child: _Child) -> None:
        _, status = os.waitpid(child.pid, 0)
        if self._children.pop(child.connection.fileno(), None):
            self._poll.unregister(child.connection)
            with suppress(OSError):
                child.connection.send(str(os.waitstatus_to_exitcode(status)).encode())
        self._poll.unregister(child.handle)
        child.connection.close()
        os.close(child.handle)


def _environment(message: bytes) -> dict[str, str]:
    pairs = (entry.partition(b"=") for entry in message.split(b"\0") if entry)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}
