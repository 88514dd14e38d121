"""Removes a secret from this process's command line, which every user of the machine can read."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_ARGUMENTS_START: Final = 48
_ARGUMENTS_END: Final = 49
"""Fields of /proc/PID/stat, counted from 1 (proc(5))."""


def hide_argument(word: str) -> None:
    """Overwrites the word with asterisks. Linux; elsewhere it stays visible until the process ends."""
    if sys.platform != "linux":
        return
    secret = os.fsencode(word)
    with suppress(OSError, ValueError, IndexError):
        # The command's name, the second field, may itself contain spaces.
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, end = (int(fields[number - 3]) for number in (_ARGUMENTS_START, _ARGUMENTS_END))
        with Path("/proc/self/mem").open("r+b", buffering=0) as memory:
            memory.seek(start)
            words = memory.read(end - start)
            memory.seek(start)
            memory.write(words.replace(secret, b"*" * len(secret)))
