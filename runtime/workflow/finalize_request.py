"""Requests to the finalizer: from a state machine that gives up a run, or from the status event of a failed
execution."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from contract.errors import RunError
from contract.redaction import redact
from contract.start_event import run_id_of
from runtime.process.causes import message_of

_STATUS_CHANGE: Final = "aws.states"

ABORTED: Final = "ABORTED"
"""The error of an execution that was stopped, whatever name the caller of StopExecution gave."""


class Reason(StrEnum):
    """Why a run cannot end by itself."""

    AGENT_LOST = "AGENT_LOST"
    TIMED_OUT = "TIMED_OUT"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class FinalizeRequest:
    """The run to end, and why. `error` is a name and `cause` a message, empty where there is none. In the request of a
    failed execution `execution` is its ARN, and agent and step are not known (empty and 0)."""

    run_id: str
    reason: Reason
    agent: str = ""
    step: int = 0
    error: str = ""
    cause: str = ""
    execution: str = ""


def read_request(payload: Mapping[str, Any]) -> FinalizeRequest | None:
    """The request in a state machine's payload, or in EventBridge's event of an execution that has failed; None where
    that does not name the run."""
    if payload.get("source") == _STATUS_CHANGE:
        return _from_execution(payload["detail"])
    return FinalizeRequest(
        run_id=str(payload["run_id"]),
        reason=Reason(payload["reason"]),
        agent=str(payload["agent"]),
        step=int(payload["step"]),
        error=str(payload["error"]),
        cause=message_of(str(payload["cause"])),
    )


def _from_execution(detail: Mapping[str, Any]) -> FinalizeRequest | None:
    try:
        run_id = run_id_of(json.loads(detail.get("input") or "null"))
    except (RunError, ValueError, RecursionError):  # an event may be a deep nest of brackets
        return None
    reason = Reason.TIMED_OUT if detail["status"] == "TIMED_OUT" else Reason.FAILED
    error, cause = str(detail.get("error") or ""), message_of(str(detail.get("cause") or ""))
    if detail["status"] == ABORTED:
        cause, error = ": ".join(part for part in (redact(error), cause) if part), ABORTED
    return FinalizeRequest(run_id, reason, error=error, cause=cause, execution=str(detail["executionArn"]))
