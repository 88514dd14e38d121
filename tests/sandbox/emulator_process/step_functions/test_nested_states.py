"""Retries and nested states: what MiniStack's history and waits leave out."""

import json
from typing import Any

import pytest

from sandbox.emulator_process.step_functions.nested_states import NestedStates
from tests.sandbox.emulator_process.step_functions.machines import Machines


def waits(retrier: dict[str, Any], attempts: int) -> list[float]:
    """The intervals of its attempts, by a module that finds the retrier for any error."""
    states = NestedStates({}, {"_find_matching_retrier": lambda retriers, _error, _counts: (retriers[0], 0)})
    found = [states.find_matching_retrier([retrier], "Busy", {0: attempt})[0] for attempt in range(attempts)]
    assert all(one["BackoffRate"] == 1 for one in found)
    return [one["IntervalSeconds"] for one in found]


def test_intervals_grow_up_to_their_limit() -> None:
    assert waits({"IntervalSeconds": 2, "BackoffRate": 3, "MaxDelaySeconds": 10}, 4) == [2, 6, 10, 10]
    assert waits({}, 3) == [1, 2, 4]


def test_full_jitter_waits_any_time_within_the_interval() -> None:
    first = [waits({"IntervalSeconds": 8, "JitterStrategy": "FULL"}, 1)[0] for _ in range(50)]

    assert all(0 <= wait <= 8 for wait in first)
    assert len(set(first)) > 1
    assert waits({"IntervalSeconds": 8, "JitterStrategy": "NONE"}, 1) == [8]


def test_an_error_that_no_retrier_knows_is_not_retried() -> None:
    states = NestedStates({}, {"_find_matching_retrier": lambda *_: (None, -1)})

    assert states.find_matching_retrier([], "Busy", {}) == (None, -1)


@pytest.mark.sandbox
def test_the_history_has_the_states_of_an_iteration(machines: Machines) -> None:
    inner = {"One": {"Type": "Pass", "Next": "Two"}, "Two": {"Type": "Succeed"}}
    loop = {"Type": "Map", "Items": [7, 8], "ItemProcessor": {"StartAt": "One", "States": inner}, "End": True}
    machine = machines.make({"Loop": loop})

    ended = machines.end_of(execution := machines.start(machine))

    assert json.loads(ended["output"]) == [7, 8]
    history = machines.history(execution)
    assert (history.count("PassStateEntered"), history.count("PassStateExited")) == (2, 2)
    assert (history.count("SucceedStateEntered"), history.count("SucceedStateExited")) == (2, 2)


@pytest.mark.sandbox
def test_a_state_of_an_iteration_that_fails_fails_the_map(machines: Machines) -> None:
    inner = {"Refuse": {"Type": "Fail", "Error": "Refused", "Cause": "no use"}}
    loop = {"Type": "Map", "Items": [1], "ItemProcessor": {"StartAt": "Refuse", "States": inner}, "End": True}

    ended = machines.run({"Loop": loop})

    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "Refused", "no use")
