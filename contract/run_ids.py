"""Run ids: UUIDv7 text of 36 characters, which also serves as an AgentCore session id."""

import os
import re
import time
from typing import Final
from uuid import UUID

_RUN_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME_ORDERED: Final = 7


def new_run_id() -> str:
    """A UUIDv7 as text: 36 characters, ordered by time. Callers may choose the id, so that a start whose response is
    lost can be sent again."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | _TIME_ORDERED << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=value))


def is_run_id(value: object) -> bool:
    """Whether the value is the text of a UUID in lower case: in upper case it would name another run."""
    return isinstance(value, str) and _RUN_ID.fullmatch(value) is not None


def seconds_left(run_id: str, seconds: float) -> float:
    """How many of the `seconds` after the id was made are left; 0 for an id without a time, or with one in the
    future."""
    try:
        value = UUID(run_id)
    except ValueError:
        return 0.0
    age = time.time() - (value.int >> 80) / 1000
    return seconds - age if value.version == _TIME_ORDERED and 0 <= age < seconds else 0.0
