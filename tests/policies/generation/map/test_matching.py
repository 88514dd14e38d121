"""How the generator of the map matches a type of an SDK with one of CloudFormation, on small ones made for it."""

from collections.abc import Mapping
from typing import Any

import pytest

from policies.cloudformation.mapping import LEFT_OUT, PARTIAL
from policies.generation.map.matching import UnknownPathError
from policies.generation.map.overlay import Overlay, Property, TypeOverlay
from policies.generation.map.schemas import Schema, Schemas
from policies.generation.map.sdk import Sdk, Slot
from policies.generation.map.selfcheck import confirmed, problems
from policies.generation.map.types import Match, TypeMatcher

TOKEN = "aws:sqs/queue:Queue"
CFN = "AWS::SQS::Queue"
TEXT = {"type": "string"}
ROLE = Schema("AWS::IAM::Role", {"properties": {"Arn": TEXT}, "readOnlyProperties": ["/properties/Arn"]})
PAIR = {"type": "object", "properties": {"Key": TEXT, "Value": TEXT}}


def overlay(given: TypeOverlay | None = None, **common: Mapping[str, Any]) -> Overlay:
    parts: dict[str, Mapping[str, Any]] = {
        "services": {},
        "synonyms": {},
        "ignore": {},
        "operations": {},
        "references": {},
        **common,
    }
    return Overlay(**parts, types={TOKEN: given} if given else {})


def match(
    inputs: Mapping[str, Slot],
    properties: Mapping[str, Any],
    reviewed: Overlay | None = None,
    shapes: Mapping[str, Mapping[str, Slot]] | None = None,
    **document: object,
) -> Match | None:
    schema = Schema(CFN, {"properties": properties, **document})
    sdk = Sdk("7", {TOKEN: "QueueArgs"}, {"QueueArgs": inputs, **(shapes or {})})
    return TypeMatcher(sdk, Schemas("", {CFN: schema, ROLE.type: ROLE}), reviewed or overlay()).match(TOKEN)


def entries(found: Match | None) -> Mapping[str, Any]:
    assert found is not None
    return found.matcher.shapes[0]


@pytest.mark.parametrize(
    ("slot", "node", "entry"),
    [
        (Slot("string"), TEXT, "Name:s"),
        (Slot("string", required=True), {"type": "integer"}, "Name:i"),
        (Slot("string"), {"type": "string", "enum": ["a"]}, "Name:s?"),
        (Slot("string", "list"), {"type": "array", "items": TEXT}, "Name:ls"),
        (Slot("string", "map"), {"type": "object", "patternProperties": {"": TEXT}}, "Name:ms"),
        (Slot("string", "map"), {"type": "array", "items": PAIR}, "Name:p"),
        (Slot("string"), {"type": ["object", "string"]}, "Name:j"),
        (
            Slot("boolean"),
            {"type": "string", "enum": ["ENABLED", "DISABLED"]},
            ["Name:s?", {"values": {"true": "ENABLED", "false": "DISABLED"}}],
        ),
        (Slot("string"), {"type": "string", "format": "AWS::IAM::Role.Arn"}, "Name:s@AWS::IAM::Role.Arn"),
    ],
)
def test_property_is_found_with_the_way_its_value_is_written(slot: Slot, node: object, entry: object) -> None:
    assert entries(match({"name": slot}, {"Name": node})) == {"name": entry}


@pytest.mark.parametrize(
    ("slot", "node"),
    [
        (Slot("boolean"), {"type": "string", "enum": ["on", "off"]}),
        (Slot("boolean"), {"type": "integer"}),
        (Slot("string", "list"), TEXT),
        (Slot("asset"), TEXT),
        (Slot("string", "map"), {"type": "array", "items": TEXT}),
    ],
)
def test_property_of_another_kind_is_not_the_same(slot: Slot, node: object) -> None:
    inputs = {"name": slot, "delay": Slot("integer")}

    assert "name" not in entries(match(inputs, {"Name": node, "Delay": {"type": "integer"}}))


def test_what_cloudformation_requires_is_marked_and_what_it_lacks_too() -> None:
    inputs = {"name": Slot("string"), "url": Slot("string", required=True)}
    properties = {"Name": TEXT, "Url": TEXT, "Policy": TEXT}

    found = entries(match(inputs, properties, required=["Name", "Url", "Policy"]))

    assert found == {"name": "Name:s~", "url": "Url:s!", PARTIAL: LEFT_OUT}


def test_objects_are_matched_within_objects_and_one_shape_serves_all_places() -> None:
    shapes = {"RuleArgs": {"days": Slot("integer")}}
    rule = {"type": "object", "properties": {"Days": {"type": "integer", "maximum": 9}}}
    found = match(
        {"rules": Slot("RuleArgs", "list"), "main": Slot("RuleArgs")},
        {"Rules": {"type": "array", "items": {"$ref": "#/definitions/R"}}, "Main": {"$ref": "#/definitions/R"}},
        shapes=shapes,
        definitions={"R": rule},
    )

    assert entries(found) == {"main": "Main:o1", "rules": "Rules:lo1"}
    assert found is not None
    assert found.matcher.shapes[1] == {"days": "Days:i"}
    assert found.matcher.constraints == {"maximum": 1}


def test_shape_within_itself_ends() -> None:
    statement = {"type": "object", "properties": {"Not": {"$ref": "#/definitions/S"}}}

    found = match(
        {"statement": Slot("S")},
        {"Statement": {"$ref": "#/definitions/S"}},
        shapes={"S": {"not": Slot("S")}},
        definitions={"S": statement},
    )

    assert entries(found) == {"statement": "Statement:o1"}
    assert found is not None
    assert found.matcher.shapes[1] == {"not": "Not:o1"}


def test_one_scalar_below_an_object_is_found_by_a_name_that_says_enough() -> None:
    inputs = {"streamViewType": Slot("string"), "type": Slot("string"), "name": Slot("string")}
    stream = {"type": "object", "properties": {"StreamViewType": TEXT, "Type": TEXT}}

    found = entries(match(inputs, {"Stream": stream, "Name": TEXT}))

    assert found == {"name": "Name:s", "streamViewType": "Stream/StreamViewType:s"}


def test_type_whose_inputs_are_mostly_others_is_another_type() -> None:
    inputs = {"name": Slot("string"), "one": Slot("string"), "two": Slot("string")}

    assert match(inputs, {"Name": TEXT}) is None


def test_overlay_decides_before_names() -> None:
    reviewed = TypeOverlay(
        type=CFN,
        properties={
            "delay": Property(path="DelaySeconds", unset=(0,)),
            "hashKey": Property(path="Keys[]", item={"Name": "$"}),
        },
        ignore={"token": "a guard of the call"},
    )
    inputs = {"delay": Slot("integer"), "hashKey": Slot("string"), "token": Slot("string")}
    keys = {"type": "array", "items": {"type": "object", "properties": {"Name": TEXT}}}

    found = entries(match(inputs, {"DelaySeconds": {"type": "integer"}, "Keys": keys}, overlay(reviewed)))

    assert found == {
        "delay": ["DelaySeconds:i", {"unset": [0]}],
        "hashKey": ["Keys[]:s", {"item": {"Name": "$"}}],
        "token": LEFT_OUT,
    }


def test_overlay_that_names_what_is_not_there_is_rejected() -> None:
    reviewed = TypeOverlay(type=CFN, properties={"name": Property(path="Nowhere")})

    with pytest.raises(UnknownPathError, match=r"AWS::SQS::Queue has no Nowhere at its top"):
        match({"name": Slot("string")}, {"Name": TEXT}, overlay(reviewed))


def test_self_check_finds_what_nobody_uses_and_what_is_no_type() -> None:
    reviewed = overlay(TypeOverlay(type=CFN, ignore={"gone": "no longer there"}), operations={"aws:a/b:C": "old"})
    found = match({"name": Slot("string")}, {"Name": TEXT}, reviewed)
    assert found is not None

    assert problems([found], found.matcher.sdk, reviewed, {}) == [
        "overlay.toml: the SDK has no type aws:a/b:C",
        f"overlay.toml: {TOKEN} has no property gone",
    ]


@pytest.mark.parametrize(
    ("permission", "wrong"),
    [("sqs:CreateQueue", False), ("sqs:CreateTopic", True)],
)
def test_self_check_compares_with_the_api_operation(permission: str, wrong: bool) -> None:
    found = match({"name": Slot("string")}, {"Name": TEXT}, handlers={"create": {"permissions": [permission]}})
    assert found is not None
    operations = {"sqs": {"queue": frozenset({"CreateQueue"})}}

    expected = [f"{TOKEN} is no {CFN}: the schema has none of createqueue"] if wrong else []
    assert problems([found], found.matcher.sdk, overlay(), operations) == expected
    assert confirmed([found], operations) == (not wrong)


def test_self_check_finds_a_property_that_is_matched_by_the_end_of_its_name() -> None:
    found = match({"role": Slot("string")}, {"Role": TEXT})
    assert found is not None
    found.matcher.shapes[0]["role"] = "RoleArn:s"

    assert problems([found], found.matcher.sdk, overlay(), {}) == [f"{TOKEN}: role is taken for RoleArn"]
