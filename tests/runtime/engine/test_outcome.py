from typing import get_args

import pytest
from strands.types.event_loop import StopReason

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
