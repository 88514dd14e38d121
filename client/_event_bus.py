"""Starts background runs by an event on the deployment's bus; no socket has to stay open."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.credentials import ReadOnlyCredentials

from client._aws_calls import call
from client._background_request import BackgroundRequest
from client._errors import CallRejectedError
from client._owner import run_owner
from client._target import Target
from contract.run_ids import new_run_id
from contract.start_event import DETAIL_TYPE, SOURCE
from contract.trace_context import TraceContext

_TRANSIENT_REASONS: Final = frozenset({"ThrottlingException", "InternalException", "InternalFailure"})
"""Error codes of single entries that may be gone at the next attempt; the call itself succeeds."""

_ATTEMPTS: Final = 3
_PAUSE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Submission:
    """An event that the bus accepted: the run that it starts, the event's id, and the trace of the whole run."""

    run_id: str
    event_id: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class EventBus:
    """A deployment's bus by its name or ARN. The runs belong to the target's caller, who may watch them there.

    `endpoint` is the address of a sandbox on this machine, None for AWS, and `keys` are the sandbox's, by default those
    of the environment (`longrun status --env` prints them). `pipelines` are the valid names, empty if they are not
    known here: a run with an unknown pipeline then fails in the deployment.
    """

    name: str
    target: Target
    endpoint: str | None = None
    pipelines: tuple[str, ...] = ()
    keys: ReadOnlyCredentials | None = field(default=None, repr=False)

    async def submit(
        self,
        question: str,
        pipeline: str | None = None,
        run_id: str | None = None,
        answers: Sequence[object] = (),
    ) -> Submission:
        """Start a run in the background. Returns when the bus has accepted the event, before the run is known.
        `answers` are those of the run's first questions, at most ten, in order: it does not wait for them.

        The run id is created here unless it is given, so an event that is sent twice (after a lost response) starts one
        run. Raises RequestError INVALID_REQUEST, CredentialsError, UnreachableError or CallRejectedError.
        """
        request = BackgroundRequest(question, run_id or new_run_id(), pipeline, tuple(answers))
        request.validate(self.pipelines)
        owner = await run_owner(self.target, self.endpoint, self.keys)
        trace = TraceContext.new()
        entry = {
            "EventBusName": self.name,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": json.dumps(request.detail(owner, trace.traceparent), ensure_ascii=False),
            "TraceHeader": trace.xray_header,
        }
        return Submission(request.run_id, await self._put(entry), trace.trace_id)

    async def _put(self, entry: Mapping[str, Any]) -> str:
        """Put the entry on the bus, with retries. The id of the event."""
        for attempt in range(1, _ATTEMPTS + 1):
            region = self.target.region
            response = await call("events", "put_events", region, self.endpoint, self.keys, Entries=[entry])
            (outcome,) = response["Entries"]
            if not response["FailedEntryCount"]:
                return str(outcome["EventId"])
            reason = str(outcome.get("ErrorCode", ""))
            if reason not in _TRANSIENT_REASONS or attempt == _ATTEMPTS:
                action = f"the event on bus {self.name}"
                raise CallRejectedError(action, reason, str(outcome.get("ErrorMessage", "")))
            await asyncio.sleep(_PAUSE * attempt)
        raise AssertionError("attempts is at least 1")
