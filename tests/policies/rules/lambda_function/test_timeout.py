"""The function that components call with a Lambda function's timeout."""

import pytest

from policies.rules.lambda_function.timeout import timeout_problems


@pytest.mark.parametrize("timeout", [None, 1, 29, 900])
def test_every_timeout_that_lambda_accepts_is_fine_for_a_function_that_does_not_stream(timeout: int | None) -> None:
    assert timeout_problems(timeout) == []


@pytest.mark.parametrize("timeout", [0, 901, 5_400])
def test_timeout_that_lambda_rejects_is_a_problem(timeout: int) -> None:
    (problem,) = timeout_problems(timeout, streams=True)

    assert "allowed: 1 to 900 seconds" in problem


@pytest.mark.parametrize("timeout", [None, 1, 899])
def test_function_that_streams_has_the_whole_time(timeout: int | None) -> None:
    (problem,) = timeout_problems(timeout, streams=True)

    assert "allowed: 900 seconds for a function that streams" in problem
    assert timeout_problems(900, streams=True) == []


def test_managed_instances_may_run_for_an_hour_and_a_half() -> None:
    assert timeout_problems(5_400, streams=True, managed_instances=True) == []
    assert len(timeout_problems(5_401, managed_instances=True)) == 1
