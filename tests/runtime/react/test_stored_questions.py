import json

import pytest

from runtime.react.stored_questions import StoredQuestion, StoredStop, source_of

SOURCE = source_of("run", "job", "interrupt")


def test_the_same_interrupt_is_the_same_question_and_another_is_another() -> None:
    asked = StoredQuestion("interrupt", "Which?")
    first, again = (asked.question(SOURCE, 100.0, 60.0) for _ in range(2))
    other = asked.question(source_of("run", "job", "second"), 100.0, 60.0)

    assert first.question_id == again.question_id != other.question_id


@pytest.mark.parametrize(("asked", "seconds"), [(30.0, 30.0), (900.0, 60.0), (None, 60.0)])
def test_a_question_stays_open_for_as_long_as_it_asks_but_no_longer_than_the_stack_allows(
    asked: float | None, seconds: float
) -> None:
    stored = StoredQuestion("interrupt", "Which?", seconds=asked)

    assert stored.seconds_open(60.0) == seconds
    assert stored.question(SOURCE, 100.0, 60.0).expires_at == 100.0 + seconds


def test_a_stop_is_read_as_it_was_stored() -> None:
    stop = StoredStop(
        (StoredQuestion("one", "Which?", {"type": "integer"}, 3, 60.0), StoredQuestion("two", "Why?")), {}
    )

    assert StoredStop.read(json.loads(json.dumps(stop.as_json()))) == stop
