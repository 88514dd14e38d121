"""The item of a message that waits for its turn."""

from typing import Final

from runtime.journal.head import Head
from runtime.journal.items import EXPIRY, pending_key
from runtime.journal.table import Put

MAX_PENDING: Final = 20
"""Messages of one session that wait."""

QUEUE: Final = "queue"
STEER: Final = "steer"


def pending(head: Head, kind: str, steers: str, expiry: int) -> Put:
    """The item of a message that waits; `steers` is the run whose agent may take it, empty for none."""
    return Put(
        {
            **pending_key(head.session_id, head.created_at, head.run_id),
            "run_id": head.run_id,
            "kind": kind,
            "steers": steers,
            "at": head.created_at,
            EXPIRY: expiry,
        }
    )
