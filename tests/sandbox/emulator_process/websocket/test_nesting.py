"""The depth of a JSON text, compared with what a parser finds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.emulator_process.websocket.nesting import is_nested_deeper

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='[]{}"\\a\n,:é'),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet='[{"\\a', max_size=4), inner, max_size=4)
    ),
    max_leaves=30,
)


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


@given(VALUES)
def test_it_is_the_number_of_arrays_and_objects_in_each_other(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    found = depth(value)

    assert not is_nested_deeper(text, found)
    assert found == 0 or is_nested_deeper(text, found - 1)


@pytest.mark.parametrize(
    "text",
    ["[" * 100, '{"a":' * 100, "[{" * 50, '"' + "[" * 200, '"\\"' + "[" * 200 + '"', "]" * 50 + "[" * 100],
    ids=["arrays", "objects", "both", "open string", "escaped quote", "closed before opened"],
)
def test_a_text_that_is_not_json_has_the_depth_of_its_brackets_outside_strings(text: str) -> None:
    open_brackets = 0 if text.startswith('"') else 100

    assert is_nested_deeper(text, 99 - text.count("]")) == (open_brackets == 100)


def test_a_long_text_is_read_in_one_pass() -> None:
    assert is_nested_deeper("[" * 10_000_000, 256)
    assert not is_nested_deeper("[]" * 1_000_000, 256)
