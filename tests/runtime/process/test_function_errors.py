import pytest

from runtime.process.function_errors import cannot_run


@pytest.mark.parametrize(
    "error", ["Lambda.ResourceNotReadyException", "ResourceNotFoundException", "Lambda.KMSDisabledException"]
)
def test_a_function_that_is_missing_or_in_no_state_to_run_cannot_run(error: str) -> None:
    assert cannot_run(error)


@pytest.mark.parametrize("error", ["Lambda.TooManyRequestsException", "Lambda.Unknown", "ValueError", ""])
def test_a_function_that_ran_or_was_throttled_can_run(error: str) -> None:
    assert not cannot_run(error)
