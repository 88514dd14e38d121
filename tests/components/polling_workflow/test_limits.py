"""How long a workflow waits, and what that costs in history events."""

import pytest

from components.polling_workflow.args import DEFAULTS
from components.polling_workflow.limits import Limits


def limits(poll: int = 10, poll_max: int = 60, workflow: int = 28_800) -> Limits:
    return Limits(agent=workflow, workflow=workflow, heartbeat=60, poll=poll, poll_max=poll_max)


@pytest.mark.parametrize(("waited", "wait"), [(0, 10), (200, 10), (201, 11), (600, 30), (1_200, 60), (28_000, 60)])
def test_wait_is_a_twentieth_of_the_time_waited_within_its_bounds(waited: int, wait: int) -> None:
    assert limits().wait(waited) == wait


def test_eight_hours_with_growing_waits_and_questions_stay_below_7000_events() -> None:
    assert limits().turns() == 516
    assert limits().history_events(steps=3) < 7_000


def test_eight_hours_with_a_fixed_wait_of_ten_seconds_pass_the_limit_of_aws() -> None:
    assert limits(poll_max=10).turns() == 2_880
    assert limits(poll_max=10).history_events(steps=1) > 25_000


def test_turns_do_not_depend_on_how_many_agents_share_the_time() -> None:
    per_step = limits().history_events(steps=2) - limits().history_events(steps=1)

    assert per_step == 5


def test_defaults_are_those_of_the_documentation() -> None:
    assert Limits(agent=7_200, workflow=28_800, heartbeat=60, poll=10, poll_max=60) == DEFAULTS
