"""The run journal: what every run did, in order, exactly once. Only this package knows the table's layout."""

from runtime.journal.errors import AlreadyClaimed, LostEpoch, RunEnded
from runtime.journal.head import Head, NewRun
from runtime.journal.journal import Journal
from runtime.journal.payloads import PayloadStore, S3Payloads
from runtime.journal.writer import RunWriter

__all__ = [
    "AlreadyClaimed",
    "Head",
    "Journal",
    "LostEpoch",
    "NewRun",
    "PayloadStore",
    "RunEnded",
    "RunWriter",
    "S3Payloads",
]
