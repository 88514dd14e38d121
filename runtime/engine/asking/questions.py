"""The interrupts that stop an agent, as the questions of its run, and their answers as Strands wants them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from strands import Agent
from strands.interrupt import Interrupt
from strands.types.interrupt import InterruptResponseContent

from contract.limits import MAX_PAUSES
from contract.questions import Question, question_id
from runtime.engine.asking.forms import BadQuestionError, QuestionForm, forms_of


@dataclass(frozen=True, slots=True)
class Asked:
    """An interrupt as a question; `source` is its own in the run."""

    interrupt_id: str
    source: str
    question: Question


class Asker:
    """Makes questions for one worker of a run, that of the epoch. `default_seconds` is the expiry of those that name
    none, `pauses` how often earlier workers have stopped the run for questions."""

    def __init__(self, run_id: str, epoch: int, default_seconds: float, clock: Callable[[], float] = time.time) -> None:
        self._run_id = run_id
        self._epoch = epoch
        self._default_seconds = default_seconds
        self._clock = clock
        self._asked = 0
        self.pauses = 0

    def now(self) -> float:
        """The present, in seconds since 1970."""
        return self._clock()

    def questions(self, interrupts: Sequence[Interrupt], agent: Agent) -> list[Asked]:
        """The questions of one stop. Raises BadQuestionError."""
        self._asked += 1
        if self.pauses + self._asked > MAX_PAUSES:
            raise BadQuestionError(f"it has stopped {MAX_PAUSES} times for answers already, the most that a run may")
        forms = forms_of(interrupts, agent)
        return [self._question(interrupt, form) for interrupt, form in zip(interrupts, forms, strict=True)]

    def _question(self, interrupt: Interrupt, form: QuestionForm) -> Asked:
        # Some models count the calls of each message from the same number, so that interrupts of one run share an id.
        source = f"{self._epoch}:{self._asked}:{interrupt.id}"
        seconds = self._default_seconds if form.seconds is None else form.seconds
        asked = question_id(f"{self._run_id}:{source}")
        return Asked(
            interrupt.id, source, Question(asked, form.text, self._clock() + seconds, form.schema, form.default)
        )


def responses(interrupts: Mapping[str, str], answers: Mapping[str, object]) -> list[InterruptResponseContent]:
    """What an agent is resumed with: `interrupts` maps their ids to those of their questions, `answers` is by question.
    Raises KeyError for a question without an answer."""
    return [
        cast(
            "InterruptResponseContent", {"interruptResponse": {"interruptId": interrupt, "response": _response(given)}}
        )
        for interrupt, given in ((known, answers[question]) for known, question in interrupts.items())
    ]


def _response(answer: object) -> object:
    # Strands takes None for no response, and would ask again.
    return "" if answer is None else answer
