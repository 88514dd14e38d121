from types import SimpleNamespace
from typing import get_args

import pytest
from strands.types.event_loop import StopReason

from contract.errors import MAX_MESSAGE_CHARS, ErrorCode
from contract.events import EventType
from runtime.engine.outcome import Outcome

ANSWERS = {"end_turn", "stop_sequence", "tool_use", "cancelled"}
REASONS = sorted({*get_args(StopReason), "malformed_tool_use", "pause_turn", "None", ""})


def test_strands_still_has_the_reasons_that_are_an_end() -> None:
    assert set(get_args(StopReason)) >= ANSWERS


@pytest.mark.parametrize("reason", REASONS)
def test_only_an_end_with_an_answer_is_a_success(reason: str) -> None:
    outcome = Outcome.ended(reason, has_answer=True)

    assert (outcome.final_event is EventType.RUN_SUCCEEDED) == (reason in ANSWERS)
    assert (outcome.error() is None) == (reason in ANSWERS)


@pytest.mark.parametrize("reason", REASONS)
def test_an_end_without_an_answer_is_a_failure_with_a_reason_in_words(reason: str) -> None:
    outcome = Outcome.ended(reason, has_answer=False)

    assert outcome.final_event is EventType.RUN_FAILED
    assert outcome.code is not None
    assert len((outcome.message or "").split()) > 5


def test_a_person_is_told_what_the_agent_asks() -> None:
    asked = [SimpleNamespace(name="approval", reason={"files": 3}), SimpleNamespace(name="budget", reason=None)]

    outcome = Outcome.ended("interrupt", has_answer=True, interrupts=asked)

    assert outcome.code is ErrorCode.NEEDS_ANSWER
    assert "(approval: {'files': 3}; budget)" in (outcome.message or "")


def test_a_long_question_to_a_person_is_cut() -> None:
    outcome = Outcome.ended("interrupt", has_answer=True, interrupts=[SimpleNamespace(name="n", reason="x" * 10_000)])

    assert len(outcome.message or "") < 400


@pytest.mark.parametrize(("count", "name"), [(400, "n" * 1_000), (1, "n" * 500_000), (20_000, "")])
def test_the_head_of_a_run_holds_what_many_interrupts_ask(count: int, name: str) -> None:
    asked = [SimpleNamespace(name=name, reason="why " * 50)] * count

    error = Outcome.ended("interrupt", has_answer=False, interrupts=asked).error()

    assert error is not None
    assert len(error["error"]) <= MAX_MESSAGE_CHARS
    assert error["error"].endswith("ask for something that needs no answer")
