"""The time that a question of an agent waits for its answer, as components take it."""

from typing import Final

from components.refs import JournalRef
from components.validation import range_problems
from contract.limits import MAX_QUESTION_SECONDS
from policies.rules.aws_limits import Range

DEFAULT_QUESTION_TIMEOUT: Final = 86_400
QUESTION_TIME: Final = Range(60, MAX_QUESTION_SECONDS, "seconds", None)

_DAY: Final = 86_400


def question_timeout_problems(seconds: int | None, journal: JournalRef) -> list[str]:
    """One message for a time that is out of range, or longer than the journal keeps what it has."""
    problems = range_problems("question_timeout", seconds, QUESTION_TIME)
    kept = int(journal["retention_days"]) * _DAY
    if problems or seconds is None or seconds <= kept:
        return problems
    return [f"question_timeout is {int(seconds)}; allowed: at most {kept:,}, the journal's retention_days in seconds"]


def question_seconds(seconds: int | None) -> str:
    """The value of the variable LONGRUN_QUESTION_TIMEOUT."""
    # A program in another language sends its numbers as floats.
    return str(int(DEFAULT_QUESTION_TIMEOUT if seconds is None else seconds))
