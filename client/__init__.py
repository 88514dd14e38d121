"""A Python client of the run contract: `async with LongrunClient(Target(url)) as client: …`."""

from client.client import LongrunClient
from client.errors import (
    ClosedError,
    CredentialsError,
    LongrunError,
    NoAnswerError,
    ProtocolError,
    RefusedError,
    RequestError,
    UnreachableError,
)
from client.events import Outcome, RunEvent, RunSummary
from client.run import RunHandle
from client.target import Target
from client.timing import Timing

__all__ = [
    "ClosedError",
    "CredentialsError",
    "LongrunClient",
    "LongrunError",
    "NoAnswerError",
    "Outcome",
    "ProtocolError",
    "RefusedError",
    "RequestError",
    "RunEvent",
    "RunHandle",
    "RunSummary",
    "Target",
    "Timing",
    "UnreachableError",
]
