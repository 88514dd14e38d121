"""Waits for processes to end that are not children of this one."""

import os
import select
import time


def wait_for_end(pid: int, seconds: float) -> bool:
    """Returns False when the process still runs after `seconds`; a process that does not exist has ended."""
    try:
        # On Linux the descriptor becomes readable when the process ends.
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    except (AttributeError, OSError):
        return _poll(pid, seconds)
    try:
        return bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)


def _poll(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False
