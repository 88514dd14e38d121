"""Starts background runs: an event on the deployment's bus, and no socket that has to stay open."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from client.aws_calls import call
from client.background_request import BackgroundRequest
from client.errors import CallRefusedError
from client.owner import run_owner
from client.run_id import new_run_id
from client.target import Target
from client.trace_context import TraceContext

SOURCE: Final = "longrun"
DETAIL_TYPE: Final = "RunRequested"

_PASSING_REASONS: Final = frozenset({"ThrottlingException", "InternalException", "InternalFailure"})
"""Why the bus takes no event now and may take it in a moment; the call itself succeeds."""

_ATTEMPTS: Final = 3
_PAUSE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Submission:
    """An event that the bus took: the run that it starts, the event's own id, and the trace that joins all of it."""

    run_id: str
    event_id: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class EventBus:
    """A deployment's bus by its name or ARN. The runs belong to the target's caller, who may watch them there.

    `endpoint` is the address of an emulator on this machine, None for AWS; `pipelines` are those that may be asked for,
    empty if not known here: the run itself is then refused.
    """

    name: str
    target: Target
    endpoint: str | None = None
    pipelines: tuple[str, ...] = ()

    async def submit(self, question: str, pipeline: str | None = None, run_id: str | None = None) -> Submission:
        """Have a run started in the background; done when the bus has the event, before the run is known.

        The run id is chosen here unless it is given: an event that is sent twice, as after a lost answer, starts one
        run. RequestError INVALID_REQUEST, CredentialsError, UnreachableError or CallRefusedError.
        """
        asked = BackgroundRequest(question, run_id or new_run_id(), pipeline)
        asked.check(self.pipelines)
        owner = await run_owner(self.target, self.endpoint)
        trace = TraceContext.new()
        entry = {
            "EventBusName": self.name,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": json.dumps(asked.detail(owner, trace.traceparent), ensure_ascii=False),
            "TraceHeader": trace.xray_header,
        }
        return Submission(asked.run_id, await self._put(entry), trace.trace_id)

    async def _put(self, entry: Mapping[str, Any]) -> str:
        """The id of the event, once the bus has taken it."""
        for attempt in range(1, _ATTEMPTS + 1):
            answer = await call("events", "put_events", self.target.region, self.endpoint, Entries=[entry])
            (outcome,) = answer["Entries"]
            if not answer["FailedEntryCount"]:
                return str(outcome["EventId"])
            reason = str(outcome.get("ErrorCode", ""))
            if reason not in _PASSING_REASONS or attempt == _ATTEMPTS:
                action = f"the event on bus {self.name}"
                raise CallRefusedError(action, reason, str(outcome.get("ErrorMessage", "")))
            await asyncio.sleep(_PAUSE * attempt)
        raise AssertionError("attempts is at least 1")
