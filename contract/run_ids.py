"""Run ids: UUIDv7 text of 36 characters, which also serves as an AgentCore session id."""

import os
import time
from uuid import UUID


def new_run_id() -> str:
    """A UUIDv7 as text: 36 characters, ordered by time, valid as an AgentCore session id."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=value))
