"""The client chooses the run id, so that a start whose answer is lost can be sent again."""

import os
import time
from uuid import UUID

_TIMED = 7


def new_run_id() -> str:
    """A UUIDv7 as text: 36 characters, ordered by time."""
    value = (time.time_ns() // 1_000_000 << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=value))


def patience_with(run_id: str, seconds: float) -> float:
    """How much longer a run may be unknown that is to be known `seconds` after its id was made; 0 for any other id."""
    try:
        value = UUID(run_id)
    except ValueError:
        return 0.0
    age = time.time() - (value.int >> 80) / 1000
    return seconds - age if value.version == _TIMED and 0 <= age < seconds else 0.0
