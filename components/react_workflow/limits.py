"""The limits of a run in seconds and turns, and how many history events its turns cost."""

from dataclasses import dataclass
from typing import Final

from contract.react_steps import MAX_CALLS
from policies.rules.aws_limits import STATE_HISTORY

FRAME_EVENTS: Final = 20
"""History events of start, parse, finish and end."""

TURN_EVENTS: Final = 20
"""History events of a turn without its calls: invoke 5, choices 6, map 4, append 5."""

CALL_EVENTS: Final = 17
"""History events of a tool call that fails: iteration 2, dispatch 5, choice 2, task 6, its failure 2."""

PROMPT_EVENTS: Final = 12
"""History events of a question without the calls that are dispatched again: map 4, choice 2, send 6."""

EXPIRY_EVENTS: Final = 13
"""History events of a question that expires: send 6, handle 5, choice 2."""

RETRY_SHARE: Final = 5_000
"""History events that are left to retries, of which each takes 3."""

EVENT_LIMIT: Final = STATE_HISTORY.maximum - RETRY_SHARE
"""History events after which the state machine begins nothing that it could not finish."""


@dataclass(frozen=True, slots=True)
class Limits:
    """In seconds: a model step, how long a container's heartbeat may be missing (its start included), how long a
    question stays open, and the whole run."""

    model: int
    heartbeat: int
    question: int
    workflow: int


def turns_with(calls: int) -> int:
    """Turns with this many tool calls each that fit into the history of an execution."""
    return (EVENT_LIMIT - FRAME_EVENTS) // (TURN_EVENTS + CALL_EVENTS * calls)


FEWEST_TURNS: Final = turns_with(MAX_CALLS)
"""Turns of a run that makes as many tool calls as it may in every one."""
