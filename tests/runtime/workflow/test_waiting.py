"""A background run that waits for answers: its state machine waits by a token, unless there is nothing to wait for."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from contract.events import Status
from contract.questions import Question, question_id
from runtime.delivery.connections import Connections
from runtime.delivery.turns import TurnDelivery
from runtime.journal import Journal, NewRun, RunWriter
from runtime.workflow.waiting import WaitingRuns
from tests.runtime.react_stage import RecordedTokens

pytestmark = pytest.mark.dynamodb

HOUR = 3_600.0


@pytest.fixture
def tokens() -> RecordedTokens:
    return RecordedTokens()


@pytest.fixture
def waiting(journal: Journal, connections: Connections, tokens: RecordedTokens) -> WaitingRuns:
    return WaitingRuns(journal, TurnDelivery(journal, connections), tokens, journal.log.clock)


@pytest.fixture
def run_id(journal: Journal, new_run: Callable[[], NewRun]) -> str:
    """A run whose first step has asked."""
    run = replace(new_run(), workflow="arn:execution", agents=("scripted",))
    journal.accept(run)
    head, seq = journal.claim_step(run.run_id, 1)
    question = Question(question_id("1"), "Which?", time.time() + HOUR, None, "ols")
    RunWriter(journal, head, seq).ask(head, [(question, "1")], time.time() + 2 * HOUR, 1)
    return run.run_id


def test_the_state_waits_until_the_question_expires(
    journal: Journal, waiting: WaitingRuns, tokens: RecordedTokens, run_id: str
) -> None:
    settled = waiting.settle(run_id)

    assert settled["following"] == "WAIT"
    assert HOUR - 60 < settled["question_seconds"] <= HOUR + 1
    assert waiting.wait(run_id, "token-1")
    assert tokens.sent == []
    assert journal.questions.open(run_id)[0].token == "token-1"


def test_the_default_is_taken_although_nobody_reads(
    journal: Journal, waiting: WaitingRuns, run_id: str, advance: Callable[[float], None]
) -> None:
    advance(HOUR + 1)

    assert waiting.settle(run_id)["following"] == "RESUME"

    assert journal.head(run_id).status is Status.RUNNING
    assert journal.read(run_id)[-1].data["by"] == "default"


def test_a_run_that_is_to_be_cancelled_does_not_wait(
    journal: Journal, waiting: WaitingRuns, tokens: RecordedTokens, run_id: str
) -> None:
    journal.request_cancel(run_id)

    assert not waiting.wait(run_id, "token-1")
    assert [(kind, token) for kind, token, _ in tokens.sent] == [("success", "token-1")]
    assert waiting.settle(run_id)["following"] == "POLL"
