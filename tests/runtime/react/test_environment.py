import re

import pytest

from runtime.environment import MissingVariableError
from runtime.react.environment import Budget, ReactEnvironment

REQUIRED = {
    "LONGRUN_TABLE": "journal",
    "LONGRUN_PAYLOAD_BUCKET": "payload",
    "LONGRUN_RETENTION_DAYS": "30",
    "LONGRUN_AGENTS": "causal_analyst,data_analyst",
    "LONGRUN_TURN_LIMIT": "50",
    "LONGRUN_QUESTION_TIMEOUT": "86400",
    "LONGRUN_RUN_TIMEOUT": "172800",
}


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("is_empty", [False, True], ids=["missing", "empty"])
def test_a_variable_that_is_missing_or_empty_raises_and_is_named(name: str, is_empty: bool) -> None:
    given = {key: value for key, value in REQUIRED.items() if key != name} | dict.fromkeys(
        [name] if is_empty else [], ""
    )

    with pytest.raises(MissingVariableError, match=re.escape(f"environment variable {name} is not set")):
        ReactEnvironment.read(given)


def test_without_budgets_and_a_websocket_there_is_no_limit_but_that_of_turns() -> None:
    read = ReactEnvironment.read(REQUIRED)

    assert read.budget == Budget(turns=50, tokens=0, cost=0, input_price=0, output_price=0)
    assert read.callback_url == ""
    assert read.agents == ("causal_analyst", "data_analyst")


def test_budgets_and_prices_are_read_as_numbers() -> None:
    given = {
        "LONGRUN_TOKEN_BUDGET": "200000",
        "LONGRUN_COST_BUDGET": "0.5",
        "LONGRUN_INPUT_PRICE": "3",
        "LONGRUN_OUTPUT_PRICE": "15",
    }

    assert ReactEnvironment.read(REQUIRED | given).budget == Budget(50, 200_000, 0.5, 3, 15)
