"""How long a workflow waits, for what, and what that costs in history events."""

import math
from dataclasses import dataclass
from typing import Final

GROWTH: Final = 20
"""A wait is this part of the time waited so far: an end is noticed within 5 % of it."""

TURN_EVENTS: Final = 9
"""A turn of the loop in AWS's history: wait 2, query 5, choice 2."""

STEP_EVENTS: Final = 5
"""An invocation."""

FRAME_EVENTS: Final = 24
"""Start, claim, closing, end, and room for two repeated calls."""


@dataclass(frozen=True, slots=True)
class Limits:
    """In seconds: an agent's time, that of all agents together, how long an agent may give no sign, and the shortest
    and the longest wait between two looks at the journal."""

    agent: int
    workflow: int
    heartbeat: int
    poll: int
    poll_max: int

    def wait(self, waited: int) -> int:
        """The next wait after so many seconds of waiting; the state machine's own formula says the same."""
        return max(self.poll, min(self.poll_max, math.ceil(waited / GROWTH)))

    def turns(self) -> int:
        """Looks at the journal in a run that takes all its time."""
        waited, turns = 0, 0
        while waited < self.workflow:
            waited, turns = waited + self.wait(waited), turns + 1
        return turns

    def history_events(self, steps: int) -> int:
        """AWS's history of a run of so many steps that takes all its time."""
        return FRAME_EVENTS + STEP_EVENTS * steps + TURN_EVENTS * self.turns()
