"""The child processes of this process: those that it starts, and those that it adopts (Linux).

A subreaper becomes the parent of its descendants whose own parent has ended. Nobody waits for such an orphan, so it
would stay a zombie when it ends. The processes that this one starts are left to those who wait for them: `start`
records them.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import IO, Final

_PR_SET_CHILD_SUBREAPER: Final = 36
_PAUSE: Final = 0.01
_END_SECONDS: Final = 5.0
_PARENT: Final = 1
_SESSION: Final = 3
"""Positions in /proc/PID/stat after the command's name."""

_started: Final[dict[int, "subprocess.Popen[bytes]"]] = {}
_lock: Final = Lock()


def start(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: int,
    stdout: int | IO[bytes],
    stderr: int | IO[bytes],
    process_group: int | None,
    pass_fds: Sequence[int] = (),
) -> "subprocess.Popen[bytes]":
    """Starts a process, as `subprocess.Popen` does; a thread of the caller must wait for its end. With None as its
    process group it leads a session of its own, see `end_session`. Raises OSError."""
    with _lock:
        for pid in [pid for pid, process in _started.items() if process.returncode is not None]:
            del _started[pid]
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            process_group=process_group,
            start_new_session=process_group is None,
            pass_fds=pass_fds,
        )
        _started[process.pid] = process
    return process


def adopt_orphans() -> None:
    """Makes this process a subreaper, which waits for the orphans that it adopts. Only in the main thread, once.

    Linux only; elsewhere the system's first process adopts orphans.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    ended: SimpleQueue[None] = SimpleQueue()
    # A handler may interrupt any code, also itself; `put` is reentrant.
    signal.signal(signal.SIGCHLD, lambda *_: ended.put(None))
    Thread(target=_reap_orphans, args=(ended,), name="reap-orphans", daemon=True).start()


def end_orphans() -> None:
    """Kills the orphans that still run and those that they leave; returns when they have ended, after 5 s at most.

    Processes that `start` has started are left alone.
    """
    deadline = time.monotonic() + _END_SECONDS
    while (orphans := _orphans()) and time.monotonic() < deadline:
        for pid in orphans:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_PAUSE)


def end_session(leader: int) -> None:
    """Kills the processes of a session, those too that have left its leader's process group. Linux only; elsewhere the
    group alone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    for pid in _with_field(_SESSION, leader):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _reap_orphans(ended: "SimpleQueue[None]") -> None:
    while True:
        ended.get()
        while not ended.empty():  # one pass serves all signals until now
            ended.get()
        while (pid := _ended_child()) is not None:
            if not _reap(pid):
                time.sleep(_PAUSE)  # its starter is about to take it


def _ended_child() -> int | None:
    """Returns a child that has ended and that nobody has waited for yet; leaves it as it is."""
    try:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return found.si_pid if found else None


def _reap(pid: int) -> bool:
    """Returns False for a process that `start` has started."""
    with _lock:  # a process that is just being started is not recorded yet
        if _is_started(pid):
            return False
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return True


def _is_started(pid: int) -> bool:
    process = _started.get(pid)
    return process is not None and process.returncode is None


def _orphans() -> list[int]:
    """Returns the children of this process that it did not start. Linux only, elsewhere it has none."""
    with _lock:
        return [pid for pid in _children() if not _is_started(pid)]


def _children() -> list[int]:
    return _with_field(_PARENT, os.getpid())


def _with_field(position: int, value: int) -> list[int]:
    """Returns the processes with that number in /proc, without those that have ended."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat") if sys.platform == "linux" else ():
        with suppress(OSError):
            fields = _fields(entry.read_text())
            if int(fields[position]) == value and fields[0] not in ("Z", "X"):
                found.append(int(entry.parent.name))
    return found


def _fields(stat: str) -> list[str]:
    """Returns what follows the command's name, which may itself contain spaces and parentheses."""
    return stat.rpartition(")")[2].split()
