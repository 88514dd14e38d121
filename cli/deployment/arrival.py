"""How long a background run may be unknown: its event is on the bus, and its journal has no entry yet."""

import time
from typing import Final
from uuid import UUID

ARRIVAL_SECONDS: Final = 10.0
"""From the event to the first entry in the journal. One second is usual; a cold start takes longer."""

_TIME_ORDERED: Final = 7
"""The UUID version whose first 48 bits are milliseconds since 1970."""


def arrival_patience(run_id: str, seconds: float = ARRIVAL_SECONDS) -> float:
    """The seconds for which the run may still be unknown: up to `seconds` after its id was created, 0 for other ids."""
    try:
        value = UUID(run_id)
    except ValueError:
        return 0.0
    age = time.time() - (value.int >> 80) / 1000
    return seconds - age if value.version == _TIME_ORDERED and 0 <= age < seconds else 0.0
