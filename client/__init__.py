"""A Python client of the run contract: `async with LongrunClient(Target(url)) as client: …`."""

from client.client import LongrunClient
from client.errors import (
    CallRefusedError,
    ClosedError,
    CredentialsError,
    LongrunError,
    NoAnswerError,
    ProtocolError,
    RefusedError,
    RequestError,
    UnreachableError,
)
from client.event_bus import EventBus, Submission
from client.events import Outcome, RunEvent, RunSummary
from client.files import RunFile
from client.run import RunHandle
from client.target import Target
from client.timing import Timing

__all__ = [
    "CallRefusedError",
    "ClosedError",
    "CredentialsError",
    "EventBus",
    "LongrunClient",
    "LongrunError",
    "NoAnswerError",
    "Outcome",
    "ProtocolError",
    "RefusedError",
    "RequestError",
    "RunEvent",
    "RunFile",
    "RunHandle",
    "RunSummary",
    "Submission",
    "Target",
    "Timing",
    "UnreachableError",
]
