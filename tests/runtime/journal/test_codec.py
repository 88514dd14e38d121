"""Python values survive the way through DynamoDB's attribute values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.journal.codec import expressions, from_attributes, to_attributes

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1e100, 1e100) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(item=st.dictionaries(st.text(), values, max_size=4))
def test_what_is_written_is_read(item: dict[str, object]) -> None:
    assert from_attributes(to_attributes(item)) == item


def test_a_number_that_dynamodb_shortens_is_read() -> None:
    assert from_attributes({"n": {"N": "900"}, "e": {"N": "1E+21"}}) == {"n": 900, "e": 1e21}


def test_a_value_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot hold a set"):
        to_attributes({"tags": {"a"}})


def test_each_name_stands_for_itself_unless_it_is_given() -> None:
    request = expressions("#status = :s", "SET #map.#key = :s", {":s": 1}, {"#key": "Kx4="})

    assert request["ExpressionAttributeNames"] == {"#status": "status", "#map": "map", "#key": "Kx4="}
    assert request["ExpressionAttributeValues"] == {":s": {"N": "1"}}
