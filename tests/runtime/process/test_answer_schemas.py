from collections.abc import Mapping
from typing import Any

import pytest

from contract.limits import MAX_SCHEMA_BYTES
from runtime.process.answer_schemas import AnswerError, check_schema, fitted

CHOICE = {"type": "string", "enum": ["Regression", "weighting"]}
NUMBER = {"type": "integer", "minimum": 1}
FLAG = {"type": "boolean"}


@pytest.mark.parametrize(
    ("schema", "answer", "taken"),
    [
        (None, {"any": ["thing"]}, {"any": ["thing"]}),
        (CHOICE, "weighting", "weighting"),
        (CHOICE, " regression ", "Regression"),
        (NUMBER, 3, 3),
        (NUMBER, "3", 3),
        (FLAG, "true", True),
        (FLAG, "yes", True),
        (FLAG, "N", False),
        ({"type": "string", "enum": ["yes", "no"]}, True, "yes"),
        ({"type": "string"}, "3", "3"),
        ({"type": "object", "required": ["a"]}, '{"a": 1}', {"a": 1}),
    ],
)
def test_an_answer_is_taken_as_the_schema_wants_it(
    schema: Mapping[str, Any] | None, answer: object, taken: object
) -> None:
    assert fitted(schema, answer) == taken


@pytest.mark.parametrize(
    ("schema", "answer", "reason"),
    [
        (CHOICE, "both", "'both' is not one of"),
        (NUMBER, 0, "0 is less than the minimum of 1"),
        (NUMBER, "many", "is not of type 'integer'"),
        (NUMBER, True, "is not of type 'integer'"),
        (FLAG, 1, "is not of type 'boolean'"),
        (CHOICE, None, "None is not of type 'string'"),
    ],
)
def test_an_answer_that_does_not_fit_is_rejected_with_the_reason(
    schema: Mapping[str, Any], answer: object, reason: str
) -> None:
    with pytest.raises(AnswerError, match=reason):
        fitted(schema, answer)


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "sentence"}, "not a JSON schema"),
        ({"minimum": "low"}, "not a JSON schema"),
        ({"$ref": "https://example.com/schema.json"}, "refers to https://example.com/schema.json"),
        ({"properties": {"a": [{"$ref": "file:///etc/passwd"}]}}, "not a JSON schema|refers to file:///etc/passwd"),
        ({"description": "x" * MAX_SCHEMA_BYTES}, f"more than {MAX_SCHEMA_BYTES} bytes"),
    ],
    ids=["type", "minimum", "https", "file", "size"],
)
def test_a_schema_that_cannot_be_used_is_rejected_and_fetches_nothing(schema: Mapping[str, Any], reason: str) -> None:
    with pytest.raises(AnswerError, match=reason):
        check_schema(schema)


def test_a_schema_may_refer_to_its_own_parts_but_not_to_missing_ones() -> None:
    schema = {"$defs": {"name": {"type": "string"}}, "$ref": "#/$defs/name"}
    check_schema(schema)

    assert fitted(schema, "Ada") == "Ada"
    with pytest.raises(AnswerError, match="does not contain"):
        fitted({"$ref": "#/$defs/other"}, "Ada")


def test_a_long_reason_is_cut() -> None:
    with pytest.raises(AnswerError) as rejected:
        fitted(NUMBER, "x" * 5_000)

    assert len(str(rejected.value)) <= 300
