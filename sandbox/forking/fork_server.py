"""A server that forks a process per request, after it has imported what those processes need: 1 ms instead of 1 s.

Linux; standard library only, because it runs in the functions environment or in an agent's. A caller (`stub`, or the
sidecar for a session) sends one message over a Unix socket: the environment, with the standard streams attached. The
server answers `started` and the child's process id, and later the exit code (negative for a signal). When it closes the
connection without an answer there is no child, and the caller starts the process itself. Closing a connection ends its
child; the end of the server ends all children.
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
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class _Child:
    pid: int
    handle: int
    connection: socket.socket


class ForkServer:
    """Serves until its standard input closes. The parent process holds the other end open for as long as it lives."""

    def __init__(self, listener: socket.socket, accepts: Callable[[Mapping[str, str]], bool]) -> None:
        """`accepts` returns whether a process with that environment would have imported the same."""
        self._listener = listener
        self._accepts = accepts
        self._callers: dict[int, socket.socket] = {}
        self._children: dict[int, _Child] = {}
        self._by_handle: dict[int, _Child] = {}
        self._poll = select.poll()
        self._libc = ctypes.CDLL(None)

    def serve(self) -> dict[str, str]:
        """Returns in each child only, with the environment from the request and the streams in place.

        Raises RuntimeError when this process has more than one thread, because a forked child has the main thread
        only; OSError where the system has no pidfd.
        """
        threads = len(list(Path("/proc/self/task").iterdir()))
        if threads > 1:
            raise RuntimeError(f"{threads - 1} threads run beside the main one, so nothing can be forked")
        os.close(os.pidfd_open(os.getpid()))
        gc.collect()
        gc.freeze()  # otherwise a collection in a child would copy every shared page
        for number in (_LIFELINE, self._listener.fileno()):
            self._poll.register(number, select.POLLIN)
        while True:
            for number, _ in self._poll.poll():
                environment = self._handle(number)
                if environment is not None:
                    return environment

    def _handle(self, number: int) -> dict[str, str] | None:
        if number == _LIFELINE:
            os.killpg(os.getpgrp(), signal.SIGKILL)  # the children's own children too
        elif number == self._listener.fileno():
            self._accept()
        elif number in self._callers:
            return self._answer(self._callers.pop(number))
        elif number in self._children:
            self._kill(self._children.pop(number))
        elif number in self._by_handle:
            self._report_end(self._by_handle.pop(number))
        return None

    def _accept(self) -> None:
        with suppress(OSError):
            caller, _ = self._listener.accept()
            self._callers[caller.fileno()] = caller
            self._poll.register(caller, select.POLLIN)

    def _answer(self, caller: socket.socket) -> dict[str, str] | None:
        """Returns the environment in a new child, None in the server."""
        streams: list[int] = []
        try:
            message, streams, flags, _ = socket.recv_fds(caller, _MESSAGE_BYTES, _STREAMS)
            environment = _environment(message)
            # A truncated message would become a wrong environment.
            if len(streams) == _STREAMS and not flags & socket.MSG_TRUNC and self._accepts(environment):
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
        """Returns True in the child, False in the server. Raises OSError when no child could be made."""
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            # A server that died before prctl sends no signal any more.
            if os.getppid() != server:
                os._exit(1)
            self._leave(caller, streams)
            return True
        try:
            # A pidfd always refers to this child; its process id may be used again after its end.
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
        """Sets the child's standard streams and closes the server's descriptors."""
        for target, stream in enumerate(streams):
            os.dup2(stream, target)
        # An inherited copy of another caller's connection would keep that open after the server has closed it.
        for child in self._by_handle.values():
            child.connection.close()
            os.close(child.handle)
        for connection in (self._listener, caller, *self._callers.values()):
            connection.close()
        gc.enable()

    def _kill(self, child: _Child) -> None:
        self._poll.unregister(child.connection)
        signal.pidfd_send_signal(child.handle, signal.SIGKILL)

    def _report_end(self, child: _Child) -> None:
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
