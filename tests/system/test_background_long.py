"""Eight hours of a background run, in seconds: the emulator's clock for waits is scaled, the rest is real."""

from collections.abc import Iterator

import pytest

from tests.system.background import (
    assert_journal_is_whole,
    executions,
    history,
    put,
    sessions,
    wait_for_end,
    wait_for_execution,
)
from tests.system.harness import LONG_QUESTION, Deployment, deployed, wait_for

pytestmark = pytest.mark.sandbox

EIGHT_HOURS = 28_800
HISTORY_GOAL = 5_000
TIME_SCALE = 0.0005
"""Eight hours of waits pass in 14 seconds."""


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """With the intervals and limits of a real deployment."""
    config = {
        "pollSeconds": "10",
        "pollMaxSeconds": "60",
        "heartbeatLimitSeconds": "60",
        "agentTimeoutSeconds": str(EIGHT_HOURS),
        "workflowTimeoutSeconds": str(EIGHT_HOURS),
    }
    with deployed(tmp_path_factory.mktemp("sandbox"), config, time_scale=TIME_SCALE) as running:
        yield running


def test_eight_hours_stay_below_five_thousand_history_events_and_end_in_time(hasty: Deployment) -> None:
    hasty.model(token_ms=1_000, first_token_ms=5, faults=[])
    run_id = put(hasty, question=LONG_QUESTION, pipeline="data_analyst")

    assert wait_for_end(hasty, run_id) == "TIMED_OUT"
    execution = wait_for_execution(hasty, run_id)
    assert (execution["status"], execution["error"]) == ("FAILED", "TIMED_OUT")
    (arn,) = executions(hasty, run_id)
    reported = [event["type"] for event in history(hasty, arn)]
    polls = reported.count("WaitStateEntered")
    on_aws = len(reported) + reported.count("TaskScheduled")
    assert polls > EIGHT_HOURS / 60
    assert on_aws < HISTORY_GOAL, "AWS counts a TaskStarted for each TaskScheduled, which the emulator leaves out"
    assert hasty.text(run_id)
    assert_journal_is_whole(hasty, run_id)
    wait_for(lambda: not sessions(hasty, run_id), "the session's end")
