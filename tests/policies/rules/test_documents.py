"""JSON in properties, whole or broken."""

import json

import pytest

from policies.rules.documents import DEPTH, document, is_malformed, parsed
from policies.rules.values import UNKNOWN


def nested(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


def test_text_and_object_are_the_same_document() -> None:
    assert document('{"Version": "2012-10-17"}') == document({"Version": "2012-10-17"}) == {"Version": "2012-10-17"}


@pytest.mark.parametrize("value", [None, UNKNOWN, 3, ["a"]])
def test_what_is_not_known_or_not_set_is_neither_document_nor_malformed(value: object) -> None:
    assert document(value) is None
    assert not is_malformed(value)


@pytest.mark.parametrize("text", ["", "{", "[]", "1", "null", "{'a': 1}", nested(DEPTH + 1), "[" * 1_000_000])
def test_text_that_holds_no_object_is_malformed(text: str) -> None:
    assert document(text) is None
    assert is_malformed(text)


def test_documents_may_be_as_deep_as_the_limit() -> None:
    assert document(nested(DEPTH)) is not None


def test_a_megabyte_is_read() -> None:
    assert document(json.dumps({"States": {f"S{index}": {"Type": "Pass"} for index in range(40_000)}}))


def test_lists_are_read_too() -> None:
    assert parsed('[{"name": "agent"}]') == [{"name": "agent"}]
    assert parsed(UNKNOWN) is None
