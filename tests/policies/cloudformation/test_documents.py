import json
import time

import pytest

from policies.cloudformation.documents import MAX_TEXT, UnreadableError, document, has_unknown, known
from policies.rules.values import UNKNOWN


def test_text_of_json_is_read_and_data_is_taken_as_it_is() -> None:
    assert document('{"Version": "2012-10-17"}') == {"Version": "2012-10-17"}
    assert document({"Version": "2012-10-17"}) == {"Version": "2012-10-17"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="cut off"),
        pytest.param("[" * 1_000_000, id="a million lists"),
        pytest.param('{"a":' * 1_000 + "1" + "}" * 1_000, id="a thousand levels"),
        pytest.param(" " * MAX_TEXT + "1", id="too long"),
    ],
)
def test_what_cannot_be_judged_is_rejected(text: str) -> None:
    with pytest.raises(UnreadableError):
        document(text)


def machine(states: int) -> str:
    named = {f"State{number}": {"Type": "Pass", "Comment": "x" * 100, "Next": "End"} for number in range(states)}
    return json.dumps({"StartAt": "State0", "States": named})


def test_long_machine_is_read_and_one_of_a_megabyte_rejected_at_once() -> None:
    long, huge = machine(400), machine(6_000)
    assert len(long) < MAX_TEXT < len(huge)
    started = time.process_time()

    assert document(long) == json.loads(long)
    with pytest.raises(UnreadableError):
        document(huge)
    assert time.process_time() - started < 1


def test_members_that_are_not_known_are_left_out() -> None:
    given = {"a": UNKNOWN, "b": [1, UNKNOWN, {"c": UNKNOWN}]}

    assert known(given) == {"b": [1, {}]}
    assert has_unknown(given)
    assert not has_unknown(known(given))
    assert known(UNKNOWN) is UNKNOWN
