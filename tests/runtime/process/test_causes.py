import json

import pytest

from runtime.process.causes import message_of


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        ("", ""),
        ("the task was stopped", "the task was stopped"),
        (json.dumps({"errorMessage": 'no "table"', "errorType": "X", "stackTrace": ["File x"]}), 'no "table"'),
        ('{"errorMessage": "cut off", "stackTrace": ["File', "cut off"),
        (json.dumps({"errorType": "X", "stackTrace": ["File x"]}), ""),
        ('  {"stackTrace": ["File', ""),
        ('{"errorMessage": "two\nlines"}', "two\nlines"),
    ],
)
def test_a_cause_is_the_message_of_the_error_without_its_stack(cause: str, message: str) -> None:
    assert message_of(cause) == message


def test_a_secret_in_a_cause_is_not_passed_on() -> None:
    cause = json.dumps({"errorMessage": "refused: Authorization: Bearer abcdefghijklmnop1234567890"})

    assert "abcdefghijklmnop" not in message_of(cause)
