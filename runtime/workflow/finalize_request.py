"""What the closer of workflows is asked: by a state machine that gives a run up, or by an execution that has failed."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from contract.errors import RunError
from contract.start_event import run_id_of
from runtime.workflow.log_lines import harmless

_MESSAGE: Final = re.compile(r'"errorMessage"\s*:\s*("(?:[^"\\]|\\.)*")')
_STATUS_CHANGE: Final = "aws.states"

ABORTED: Final = "ABORTED"
"""The error of an execution that somebody has stopped, whatever he called it."""


class Reason(StrEnum):
    """Why a run cannot end by itself."""

    AGENT_LOST = "AGENT_LOST"
    TIMED_OUT = "TIMED_OUT"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Order:
    """Which run is to be closed and why. `error` is a name and `cause` a sentence, empty where there is none. From an
    execution's failure `execution` is its ARN, and agent and step are not known (empty and 0)."""

    run_id: str
    reason: Reason
    agent: str = ""
    step: int = 0
    error: str = ""
    cause: str = ""
    execution: str = ""


def read(payload: Mapping[str, Any]) -> Order | None:
    """The order in a state machine's payload, or in EventBridge's word of an execution that has failed; None where that
    does not tell the run."""
    if payload.get("source") == _STATUS_CHANGE:
        return _of_execution(payload["detail"])
    return Order(
        run_id=str(payload["run_id"]),
        reason=Reason(payload["reason"]),
        agent=str(payload["agent"]),
        step=int(payload["step"]),
        error=str(payload["error"]),
        cause=_sentence(str(payload["cause"])),
    )


def _of_execution(detail: Mapping[str, Any]) -> Order | None:
    try:
        run_id = run_id_of(json.loads(detail.get("input") or "null"))
    except (RunError, ValueError, RecursionError):  # an event may be a deep nest of brackets
        return None
    reason = Reason.TIMED_OUT if detail["status"] == "TIMED_OUT" else Reason.FAILED
    error, cause = str(detail.get("error") or ""), _sentence(str(detail.get("cause") or ""))
    if detail["status"] == ABORTED:
        cause, error = ": ".join(part for part in (harmless(error), cause) if part), ABORTED
    return Order(run_id, reason, error=error, cause=cause, execution=str(detail["executionArn"]))


def _sentence(cause: str) -> str:
    """A function's error is JSON text with its message and its stack, perhaps cut: only the message is for users."""
    message = _MESSAGE.search(cause)
    if message is not None:
        return harmless(str(json.loads(message[1], strict=False)))
    return "" if cause.lstrip().startswith("{") else harmless(cause)
