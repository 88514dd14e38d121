"""What a stack looks like in CloudFormation, and what each place of it was made from."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from policies.cloudformation.translate import Translation, translate
from policies.rules.rule import Resource
from policies.rules.values import UNKNOWN
from tests.policies.cloudformation.made import resource

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
API = "aws:apigatewayv2/api:Api"
BUCKET = "aws:s3/bucket:Bucket"
FUNCTION = "aws:lambda/function:Function"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
MACHINE = "aws:sfn/stateMachine:StateMachine"
PUBLIC_ACCESS = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
QUEUE = "aws:sqs/queue:Queue"
ROLE = "aws:iam/role:Role"
ROLE_ARN = "arn:aws:iam::123456789012:role/worker"
ROUTE = "aws:apigatewayv2/route:Route"
RULE = "aws:cloudwatch/eventRule:EventRule"
TABLE = "aws:dynamodb/table:Table"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
TASK = "aws:ecs/taskDefinition:TaskDefinition"


def written(translation: Translation, logical_id: str) -> dict[str, Any]:
    properties: dict[str, Any] = translation.template["Resources"][logical_id]["Properties"]
    return properties


def only(given: Resource) -> dict[str, Any]:
    """The properties of the template's one resource."""
    (found,) = translate([given]).template["Resources"].values()
    properties: dict[str, Any] = found["Properties"]
    return properties


def test_renamed_properties_and_tags_are_written_as_cloudformation_has_them() -> None:
    queue = resource(
        QUEUE, "failures", {"visibilityTimeoutSeconds": 360.0, "tags": {"stage": "dev"}, "fifoQueue": False}
    )

    translation = translate([queue])

    assert translation.template["Resources"] == {
        "Failures": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"Tags": [{"Key": "stage", "Value": "dev"}], "VisibilityTimeout": 360},
        }
    }
    assert not translation.incomplete


def test_dimensions_of_an_alarm_are_names_and_values() -> None:
    alarm = resource(ALARM, "errors", {"comparisonOperator": "GreaterThanThreshold", "dimensions": {"Queue": "a"}})

    assert only(alarm)["Dimensions"] == [{"Name": "Queue", "Value": "a"}]


@pytest.mark.parametrize("concurrency", [-1, -1.0])
def test_number_that_means_nothing_is_set_is_not_written(concurrency: float) -> None:
    function = resource(FUNCTION, "worker", {"role": ROLE_ARN, "reservedConcurrentExecutions": concurrency})

    assert "ReservedConcurrentExecutions" not in only(function)


def test_keys_of_a_table_become_its_key_schema() -> None:
    table = resource(TABLE, "journal", {"hashKey": "pk", "rangeKey": "sk", "billingMode": "PAY_PER_REQUEST"})

    assert only(table)["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]


def test_bool_is_the_word_that_cloudformation_has_for_it() -> None:
    assert only(resource(RULE, "requests", {"isEnabled": False}))["State"] == "DISABLED"


def test_package_stands_for_itself() -> None:
    function = resource(FUNCTION, "worker", {"role": ROLE_ARN, "code": UNKNOWN, "runtime": "python3.13"})

    translation = translate([function])

    assert written(translation, "Worker")["Code"] == {"S3Bucket": "package", "S3Key": "package.zip"}
    assert not translation.incomplete


def test_parts_of_a_bucket_are_folded_into_it() -> None:
    bucket = resource(BUCKET, "data", {})
    public = resource(PUBLIC_ACCESS, "public", {"bucket": UNKNOWN, "blockPublicAcls": True}, {"bucket": [bucket]})
    rule = {"id": "expire", "status": "Enabled", "expiration": {"days": 7}, "filter": {"prefix": "runs/"}}
    lifecycle = resource(LIFECYCLE, "expire", {"bucket": "data-1", "rules": [rule]}, {"bucket": [bucket]})

    translation = translate([bucket, public, lifecycle])

    assert written(translation, "Data") == {
        "LifecycleConfiguration": {
            "Rules": [{"ExpirationInDays": 7, "Id": "expire", "Prefix": "runs/", "Status": "Enabled"}]
        },
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": True},
    }
    assert translation.origin("Data", "PublicAccessBlockConfiguration.BlockPublicAcls") == (public, "blockPublicAcls")
    assert translation.origin("Data", "LifecycleConfiguration/Rules/0/ExpirationInDays") == (
        lifecycle,
        "rules[0].expiration.days",
    )


def test_part_is_folded_by_the_name_that_both_give() -> None:
    bucket = resource(BUCKET, "data", {"bucket": "my-data"})
    public = resource(PUBLIC_ACCESS, "public", {"bucket": "my-data", "blockPublicAcls": True})

    assert written(translate([bucket, public]), "Data")["PublicAccessBlockConfiguration"] == {"BlockPublicAcls": True}


def test_part_of_nobody_known_may_belong_to_any_resource() -> None:
    buckets = [resource(BUCKET, name, {}) for name in ("data", "payloads")]
    public = resource(PUBLIC_ACCESS, "public", {"bucket": UNKNOWN, "blockPublicAcls": True})

    translation = translate([*buckets, public, resource(QUEUE, "failures", {})])

    assert translation.incomplete == {"Data", "Payloads"}


def test_targets_stand_in_their_rule_each_with_its_own_origin() -> None:
    rule = resource(RULE, "requests", {"eventPattern": '{"source": ["longrun"]}'})
    targets = [
        resource(TARGET, name, {"rule": "r", "arn": "arn:aws:sqs:eu-west-1:123456789012:q"}, {"rule": [rule]})
        for name in ("first", "second")
    ]

    translation = translate([rule, *targets])

    assert [target["Arn"] for target in written(translation, "Requests")["Targets"]] == [
        "arn:aws:sqs:eu-west-1:123456789012:q"
    ] * 2
    assert translation.origin("Requests", "Properties.Targets.1.Arn") == (targets[1], "arn")
    assert translation.origin("Requests", "Properties.EventPattern.source.0") == (rule, "eventPattern.source[0]")


def test_json_is_read_and_its_places_keep_their_names() -> None:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    machine = resource(MACHINE, "machine", {"roleArn": ROLE_ARN, "definition": json.dumps(definition)})

    translation = translate([machine])

    assert written(translation, "Machine")["Definition"] == definition
    assert translation.origin("Machine", "Properties.Definition.States.A.End") == (machine, "definition.States.A.End")


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param("{", id="cut off"),
        pytest.param('"text"', id="a text"),
        pytest.param("7", id="a number"),
        pytest.param("[" * 100_000, id="lists without end"),
        pytest.param('{"a":' * 5_000 + "1" + "}" * 5_000, id="too deep"),
    ],
)
def test_what_is_no_document_is_left_out(definition: str) -> None:
    translation = translate([resource(MACHINE, "machine", {"roleArn": ROLE_ARN, "definition": definition})])

    assert "Definition" not in written(translation, "Machine")
    assert translation.incomplete == {"Machine"}


def test_container_definitions_are_told_in_cloudformations_words() -> None:
    containers = json.dumps([{"name": "tool", "image": "tool:1", "portMappings": [{"containerPort": 80}]}])
    task = resource(TASK, "task", {"family": "tool", "containerDefinitions": containers})

    translation = translate([task])

    assert written(translation, "Task")["ContainerDefinitions"] == [
        {"Image": "tool:1", "Name": "tool", "PortMappings": [{"ContainerPort": 80}]}
    ]
    assert translation.origin("Task", "ContainerDefinitions.0.PortMappings.0.ContainerPort") == (
        task,
        "containerDefinitions[0].portMappings[0].containerPort",
    )


def test_property_that_the_map_does_not_know_leaves_the_resource_incomplete() -> None:
    translation = translate([resource(QUEUE, "failures", {"neverHeardOf": 1})])

    assert translation.incomplete == {"Failures"}
    assert written(translation, "Failures") == {}


def test_type_that_the_map_does_not_know_is_left_out() -> None:
    assert translate([resource("random:index:Thing", "thing", {"a": UNKNOWN})]).template["Resources"] == {}


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"environment": UNKNOWN}, {}),
        ({"environment": {"variables": UNKNOWN}}, {"Environment": {}}),
        ({"environment": {"variables": {"A": "1", "B": UNKNOWN}}}, {"Environment": {"Variables": {"A": "1"}}}),
        ({"timeout": UNKNOWN}, {}),
        ({"runtime": UNKNOWN}, {}),
        ({"description": UNKNOWN}, {}),
    ],
)
def test_what_is_not_known_is_left_out(properties: Mapping[str, object], expected: Mapping[str, object]) -> None:
    translation = translate([resource(FUNCTION, "worker", {"role": ROLE_ARN, "code": UNKNOWN, **properties})])

    found = {name: value for name, value in written(translation, "Worker").items() if name not in {"Role", "Code"}}
    assert without_references(found) == expected
    assert "Worker" in translation.incomplete | translation.unknown


def without_references(value: object) -> object:
    if isinstance(value, dict):
        return {name: without_references(one) for name, one in value.items() if not is_reference(one)}
    return value


def is_reference(value: object) -> bool:
    return isinstance(value, dict) and value.keys() in ({"Ref"}, {"Fn::GetAtt"})


def test_text_that_must_be_there_is_a_parameter_while_it_is_not_known() -> None:
    translation = translate([resource(FUNCTION, "worker", {"role": UNKNOWN, "code": UNKNOWN})])

    role = written(translation, "Worker")["Role"]
    assert translation.template["Parameters"] == {role["Ref"]: {"Type": "String"}}
    assert translation.unknown == {"Worker"}
    assert not translation.incomplete


@pytest.mark.parametrize("arn", [UNKNOWN, ROLE_ARN])
def test_resource_of_the_stack_is_referred_to_whether_its_name_is_known_or_not(arn: object) -> None:
    role = resource(ROLE, "worker-role", {"assumeRolePolicy": '{"Statement": []}'})
    function = resource(FUNCTION, "worker", {"role": arn, "code": UNKNOWN}, {"role": [role]})

    assert written(translate([role, function]), "Worker")["Role"] == {"Fn::GetAtt": ["WorkerRole", "Arn"]}


def test_text_that_is_only_made_with_a_resource_is_no_reference_to_it() -> None:
    api = resource(API, "api", {"protocolType": "WEBSOCKET"})
    properties = {"apiId": "abc", "routeKey": "$connect", "target": "integrations/xyz"}
    route = resource(ROUTE, "connect", properties, {"apiId": [api], "target": [api]})

    found = written(translate([api, route]), "Connect")

    assert found["ApiId"] == {"Ref": "Api"}
    assert found["Target"] == "integrations/xyz"


def test_resources_of_one_name_are_kept_apart() -> None:
    translation = translate([resource(QUEUE, "work", {}), resource(ROLE, "work", {}), resource(BUCKET, "--", {})])

    assert list(translation.template["Resources"]) == ["Work", "Work2", "Resource"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", ""),
        ("Properties", ""),
        ("Handler", "handler"),
        ("Resources/Worker/Properties/Environment/Variables/A", "environment.variables.A"),
        ("/Environment", "environment"),
        ("Properties.Layers[0]", "layers[0]"),
        ("Properties.NeverHeardOf", ""),
        ("TracingConfig.Mode", "tracingConfig"),
    ],
)
def test_every_form_of_a_path_leads_back(path: str, expected: str) -> None:
    function = resource(
        FUNCTION, "worker", {"role": ROLE_ARN, "environment": {"variables": {"A": "1"}}, "layers": ["arn:aws:lambda"]}
    )

    assert translate([function]).origin("Worker", path) == (function, expected)
