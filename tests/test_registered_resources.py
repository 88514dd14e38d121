"""The comparison of two lists of registered resources, which `python -m tests.registered_resources diff` prints."""

from typing import Any

from tests.registered_resources import differences

TABLE: dict[str, Any] = {"urn": "urn:table", "type": "aws:dynamodb/table:Table", "inputs": {"hashKey": "pk"}}
BUCKET: dict[str, Any] = {"urn": "urn:bucket", "type": "aws:s3/bucket:Bucket", "inputs": {}}


def test_equal_lists_have_no_differences_whatever_their_order() -> None:
    assert list(differences([TABLE, BUCKET], [BUCKET, TABLE])) == []


def test_missing_and_new_resources_are_named() -> None:
    assert list(differences([TABLE], [BUCKET])) == ["new: urn:bucket", "missing: urn:table"]


def test_changed_input_is_shown_before_and_after() -> None:
    changed = {**TABLE, "inputs": {"hashKey": "id"}}

    lines = list(differences([TABLE], [changed]))

    assert lines[0] == "changed: urn:table"
    assert [line for line in lines if line.startswith(("-", "+"))] == ['-  "hashKey": "pk"', '+  "hashKey": "id"']
