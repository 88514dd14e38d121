"""The time limits of a workflow, its waits, and how many history events these cost."""

import math
from dataclasses import dataclass
from typing import Final

from contract.limits import MAX_PAUSES

GROWTH: Final = 20
"""A wait is the time waited so far divided by this: an end is noticed within 5 % of it."""

TURN_EVENTS: Final = 9
"""History events of one turn of the loop: wait 2, query 5, choice 2."""

STEP_EVENTS: Final = 5
"""History events of an invocation."""

FRAME_EVENTS: Final = 24
"""History events of start, claim, finalizer and end, and of two retried calls."""


QUESTION_EVENTS: Final = 30 * MAX_PAUSES
"""History events of all questions: for each stop of a run settle 5, choice 2, wait 6, settle 5, choice 2 and invoke 5;
an expiry has a settlement more."""


@dataclass(frozen=True, slots=True)
class Limits:
    """In seconds, without the time for which a run waits for answers: the time of an agent, and of all agents together;
    how long a heartbeat may be missing; the shortest and the longest wait between two polls of the journal."""

    agent: int
    workflow: int
    heartbeat: int
    poll: int
    poll_max: int

    def wait(self, waited: int) -> int:
        """The next wait after this many seconds of waiting, by the same formula as the state machine's."""
        return max(self.poll, min(self.poll_max, math.ceil(waited / GROWTH)))

    def turns(self) -> int:
        """Polls of the journal in a run that takes all its time."""
        waited, turns = 0, 0
        while waited < self.workflow:
            waited, turns = waited + self.wait(waited), turns + 1
        return turns

    def history_events(self, steps: int) -> int:
        """History events of a run with this many steps that takes all its time."""
        return FRAME_EVENTS + QUESTION_EVENTS + STEP_EVENTS * steps + TURN_EVENTS * self.turns()
