"""A process for a tool without a new interpreter: it has what this one has imported. Linux only, because elsewhere the
libraries of the system may not survive a fork."""

import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Final

_FIRST: Final = 3
"""Descriptors below are the standard streams."""


class ForkedProcess:
    """As much of subprocess.Popen as a ToolProcess uses."""

    def __init__(self, pid: int, lifeline: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)
        self._lifeline = lifeline
        self._code: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, negative for a signal. Raises subprocess.TimeoutExpired."""
        if self._code is None:
            ready, _, _ = select.select([self._handle], [], [], timeout)
            if not ready:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            _, status = os.waitpid(self.pid, 0)
            self._code = os.waitstatus_to_exitcode(status)
            os.close(self._handle)
            os.close(self._lifeline)
        return self._code


def fork(work: Callable[[], int], output: int, *inherited: int) -> ForkedProcess:
    """Runs `work` in a new process, which ends with the code that it returns; 1 where it raises. The process has a
    group of its own, `output` as standard output, and of this process's files the `inherited` descriptors only. It is
    killed when this process ends. Only while this process has one thread: others would be missing in the new one."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()  # otherwise both processes would write what waits in it
    alive, lifeline = os.pipe()
    pid = os.fork()
    if pid == 0:
        _run(work, output, alive, inherited)
    os.close(alive)
    with suppress(OSError):  # it may have done it itself, and ended
        os.setpgid(pid, pid)
    return ForkedProcess(pid, lifeline)


def _run(work: Callable[[], int], output: int, alive: int, inherited: tuple[int, ...]) -> None:
    code = 1
    try:
        with suppress(OSError):
            os.setpgid(0, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.dup2(output, 1)
        _close_all_but({alive, *inherited})
        sys.stdout = os.fdopen(1, "w", closefd=False)
        Thread(target=_end_with_parent, args=(alive,), daemon=True).start()
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _close_all_but(kept: set[int]) -> None:
    """This process's connections are not the other's: both would read what is sent on them."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  names, not paths
        if int(name) >= _FIRST and int(name) not in kept:
            with suppress(OSError):
                os.close(int(name))


def _end_with_parent(alive: int) -> None:
    os.read(alive, 1)
    os.killpg(0, signal.SIGKILL)
