import json
from pathlib import Path
from typing import Any

import pytest

from policies.generation.map.schemas import Schema, read_schemas

QUEUE = Schema(
    "AWS::SQS::Queue",
    {
        "typeName": "AWS::SQS::Queue",
        "definitions": {"Tag": {"type": "object", "properties": {"Key": {"type": "string"}}, "required": ["Key"]}},
        "properties": {
            "Arn": {"type": "string"},
            "Name": {"type": "string", "pattern": "^a", "minLength": 1},
            "Tags": {"type": "array", "items": {"$ref": "#/definitions/Tag"}, "uniqueItems": True},
            "Policy": {"type": ["object", "string"]},
            "Mode": {"anyOf": [{"enum": ["a", "b"]}, {"enum": ["c"]}]},
            "Variables": {"type": "object", "patternProperties": {".*": {"type": "string"}}},
            "Either": {"oneOf": [{"properties": {"A": {}}, "required": ["A"]}, {"properties": {"B": {}}}]},
        },
        "readOnlyProperties": ["/properties/Arn"],
        "primaryIdentifier": ["/properties/Name"],
        "handlers": {"create": {"permissions": ["sqs:CreateQueue"]}, "read": {"permissions": ["sqs:GetQueueUrl"]}},
    },
)


def node(name: str) -> Any:  # noqa: ANN401  a schema of JSON Schema
    return QUEUE.properties[name]


def test_what_only_cloudformation_tells_is_no_property_to_give() -> None:
    assert "Arn" not in QUEUE.properties
    assert QUEUE.computed == {"Arn"}
    assert QUEUE.identifier == {"Name"}
    assert QUEUE.permissions == {"sqs:CreateQueue", "sqs:GetQueueUrl"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Name", "string"), ("Tags", "array"), ("Policy", "json"), ("Variables", "map"), ("Either", "object")],
)
def test_node_has_one_kind(name: str, kind: str) -> None:
    assert QUEUE.kind(node(name)) == kind


def test_members_of_alternatives_are_members() -> None:
    assert set(QUEUE.members(node("Either"))) == {"A", "B"}


def test_reference_is_followed() -> None:
    assert QUEUE.kind(QUEUE.items(node("Tags"))) == "object"
    assert QUEUE.required(QUEUE.items(node("Tags"))) == {"Key"}


def test_reference_to_itself_ends() -> None:
    circle = Schema("A::B::C", {"definitions": {"A": {"$ref": "#/definitions/A"}}, "properties": {}})

    assert circle.resolved({"$ref": "#/definitions/A"})


def test_constraints_are_counted_by_keyword() -> None:
    assert QUEUE.constraints(node("Name")) == {"pattern": 1, "minLength": 1}
    assert QUEUE.constraints(node("Mode")) == {"enum": 2}
    assert QUEUE.constraints(QUEUE.items(node("Tags"))) == {"required": 1}
    assert QUEUE.choices(node("Mode")) == ("a", "b", "c")


def test_only_types_of_the_home_region_are_read(tmp_path: Path) -> None:
    for folder in ("providers", "resources"):
        (tmp_path / folder).mkdir()
    (tmp_path / "version.json").write_text('{"schema_date": "2026-01-01"}')
    (tmp_path / "providers" / "us-east-1.json").write_text('{"AWS::SQS::Queue": "one"}')
    (tmp_path / "resources" / "one.json").write_text(json.dumps(QUEUE.document))
    (tmp_path / "resources" / "two.json").write_text('{"typeName": "AWS::Old::Thing"}')

    found = read_schemas(tmp_path)

    assert list(found.types) == ["AWS::SQS::Queue"]
    assert found.date == "2026-01-01"
