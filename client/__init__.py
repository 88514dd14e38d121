"""A Python client of the run contract: `async with LongrunClient(Target(url)) as client: …`.

Import every name from here; the modules with an underscore are internal.
"""

from client._answer_text import AnswerText
from client._client import LongrunClient
from client._errors import (
    CallRejectedError,
    ClosedError,
    ConnectionRejectedError,
    CredentialsError,
    LongrunError,
    NoResponseError,
    ProtocolError,
    RequestError,
    TokenMissingError,
    UnreachableError,
)
from client._event_bus import EventBus, Submission
from client._events import STATUS_BY_FINAL_EVENT, Outcome, RunEvent, RunSummary
from client._files import RunFile
from client._questions import LATER, OnQuestion, OpenQuestions, RunQuestion
from client._run import RunHandle
from client._target import Target
from client._timing import Timing
from client._workflow import Execution, Workflow
from contract.run_ids import new_run_id

__all__ = [
    "LATER",
    "STATUS_BY_FINAL_EVENT",
    "AnswerText",
    "CallRejectedError",
    "ClosedError",
    "ConnectionRejectedError",
    "CredentialsError",
    "EventBus",
    "Execution",
    "LongrunClient",
    "LongrunError",
    "NoResponseError",
    "OnQuestion",
    "OpenQuestions",
    "Outcome",
    "ProtocolError",
    "RequestError",
    "RunEvent",
    "RunFile",
    "RunHandle",
    "RunQuestion",
    "RunSummary",
    "Submission",
    "Target",
    "Timing",
    "TokenMissingError",
    "UnreachableError",
    "Workflow",
    "new_run_id",
]
