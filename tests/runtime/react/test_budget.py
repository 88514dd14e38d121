import pytest

from runtime.react.budget import cost, limit_message, limit_reached
from runtime.react.environment import Budget

USAGE = {"input_tokens": 600, "cache_read_tokens": 200, "cache_write_tokens": 100, "output_tokens": 100}


def budget(turns: int = 50, tokens: int = 0, cost: float = 0) -> Budget:
    """With prices of 2 and 10 USD per million tokens."""
    return Budget(turns, tokens, cost, 2.0, 10.0)


@pytest.mark.parametrize(
    ("allowed", "turn", "reached"),
    [
        (budget(), 50, ""),
        (budget(), 51, "turn_limit"),
        (budget(tokens=1_001), 1, ""),
        (budget(tokens=1_000), 1, "token_budget"),
        (budget(cost=0.0029), 1, ""),
        (budget(cost=0.0028), 1, "cost_budget"),
        (budget(turns=1, tokens=1, cost=0.001), 2, "turn_limit"),
    ],
)
def test_a_model_call_is_forbidden_by_the_first_limit_that_is_reached(allowed: Budget, turn: int, reached: str) -> None:
    assert limit_reached(allowed, turn, USAGE) == reached


def test_no_limit_is_reached_before_anything_was_used() -> None:
    assert limit_reached(budget(tokens=1, cost=0.000_001), 1, {}) == ""


def test_tokens_of_a_cache_cost_as_much_as_input() -> None:
    assert cost(budget(), USAGE) == pytest.approx(0.0028)


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("turn_limit", "has used its 7 turns before it had an answer; what it wrote is kept"),
        ("token_budget", "has used 1,000 of 900 tokens"),
        ("cost_budget", "has used 0.0028 of 0.0020 USD"),
    ],
)
def test_the_message_says_what_was_used_of_what_there_was(reason: str, message: str) -> None:
    assert message in limit_message(budget(7, 900, 0.002), reason, USAGE)
