from typing import Any

import pytest

from runtime.react.interrupts import question_of, seconds_of, source_of

SOURCE = source_of("run", "job", "interrupt")


def test_the_same_interrupt_is_the_same_question_and_another_is_another() -> None:
    interrupt = {"name": "ask_user", "reason": "Which?"}
    first, again = (question_of(interrupt, SOURCE, 100.0, 60.0) for _ in range(2))
    other = question_of(interrupt, source_of("run", "job", "second"), 100.0, 60.0)

    assert first.question_id == again.question_id != other.question_id


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("Which estimator?", "Which estimator?"),
        ({"question": "Which estimator?"}, "Which estimator?"),
        ({"text": " ", "prompt": "Which?"}, "Which?"),
        ({"table": "nsw"}, 'The agent asks for approval: {"table": "nsw"}'),
        (None, "The agent asks for approval"),
        ("", 'The agent asks for approval: ""'),
        (7, "The agent asks for approval: 7"),
    ],
)
def test_the_question_is_the_reason_in_whatever_form_it_has(reason: object, text: str) -> None:
    assert question_of({"name": "approval", "reason": reason}, SOURCE, 100.0, 60.0).text == text


@pytest.mark.parametrize(
    ("asked", "seconds"), [(30, 30.0), (900, 60.0), (0, 60.0), (-1, 60.0), (True, 60.0), ("30", 60.0), (None, 60.0)]
)
def test_a_question_stays_open_for_as_long_as_it_asks_but_no_longer_than_the_stack_allows(
    asked: object, seconds: float
) -> None:
    interrupt = {"reason": {"question": "Which?", "expires_in_seconds": asked}}

    assert seconds_of(interrupt, 60.0) == seconds
    assert question_of(interrupt, SOURCE, 100.0, 60.0).expires_at == 100.0 + seconds


@pytest.mark.parametrize(
    ("given", "schema", "default"),
    [
        ({"schema": {"type": "integer"}, "default": "3"}, {"type": "integer"}, 3),
        ({"schema": {"type": "integer"}, "default": "many"}, {"type": "integer"}, None),
        ({"schema": {"type": "sentence"}, "default": "x"}, None, "x"),
        ({"schema": "integer"}, None, None),
    ],
)
def test_a_schema_or_default_that_cannot_be_used_is_left_out(
    given: dict[str, Any], schema: object, default: object
) -> None:
    question = question_of({"reason": {"question": "How many?", **given}}, SOURCE, 100.0, 60.0)

    assert (question.schema, question.default) == (schema, default)
