"""The pack over a stack that is deployed: the engine hands it the provider's outputs, zero values included."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from policies.catalogue import RULES
from policies.check import Registration, evaluate
from policies.generation.cases import stack
from policies.rules.assets import ARCHIVE_SIGNATURE, ASSET_SIGNATURE
from policies.rules.values import SIGNATURE, UNKNOWN_SENTINELS
from tests.engine.zero_values import output_shape, with_zeros
from tests.policies.engine_protocol import by_hand_alone, deployed, messages, stack_request
from tests.policies.harness import CASES, mutated

Recorded = Callable[[str], list[Registration]]
Json = dict[str, Any]

HANDLER = "lambda-function-handler-in-package"
FUNCTION = "aws:lambda/function:Function"
NEVER_WAITS = "stack-api-never-waits-for-agent"
UNKNOWN = min(UNKNOWN_SENTINELS)


@pytest.fixture
def full_pack(pack: analyzer_pb2_grpc.AnalyzerStub) -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """The pack with all its rules, as it is without a policy configuration."""
    request = analyzer_pb2.ConfigureAnalyzerRequest()
    for rule in RULES:
        level = analyzer_pb2.EnforcementLevel.Value(rule.severity.value.upper())
        request.policyConfig[rule.name].enforcementLevel = level
    pack.Configure(request)
    yield pack
    pack.Configure(by_hand_alone())


def resource(token: str, title: str, **properties: object) -> Json:
    urn = f"urn:pulumi:dev::longrun::{token}::{title}"
    return {"type": token, "name": title, "urn": urn, "parent": None, "properties": properties}


def as_deployed(registration: Registration) -> Registration:
    """A resource with the outputs that the provider returns of it."""
    if not registration["type"].startswith("aws:"):
        return {**registration, "properties": {}}
    made_up = {"id": f"{registration['name']}-id", "arn": "arn:aws:lambda:us-east-1:000000000000:function:elsewhere"}
    properties = with_zeros({**made_up, **registration["properties"]}, output_shape(registration["type"]))
    return {**registration, "properties": properties}


@pytest.mark.parametrize(
    ("token", "inputs", "zeros"),
    [
        (
            "aws:lambda/eventSourceMapping:EventSourceMapping",
            {
                "eventSourceArn": "arn:aws:sqs:us-east-1:000000000000:failures",
                "functionName": "dead-letter",
                "batchSize": 1,
            },
            {
                "bisectBatchOnFunctionError": False,
                "maximumRecordAgeInSeconds": 0,
                "maximumRetryAttempts": 0,
                "parallelizationFactor": 0,
                "tumblingWindowInSeconds": 0,
                "startingPosition": "",
                "startingPositionTimestamp": "",
                "topics": [],
                "queues": "",
            },
        ),
        (
            "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
            {"functionName": "worker", "maximumRetryAttempts": 0, "maximumEventAgeInSeconds": 60},
            {"qualifier": "", "destinationConfig": {"onSuccess": {"destination": ""}}},
        ),
        (
            "aws:sfn/stateMachine:StateMachine",
            {
                "name": "workflow",
                "roleArn": "arn:aws:iam::000000000000:role/outside",
                "definition": '{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}',
                "tracingConfiguration": {"enabled": True},
            },
            {
                "encryptionConfiguration": {"kmsDataKeyReusePeriodSeconds": 0, "kmsKeyId": "", "type": ""},
                "type": "",
                "namePrefix": "",
            },
        ),
        (
            "aws:s3/bucket:Bucket",
            {"bucket": "longrun-payloads"},
            {"accelerationStatus": "", "acl": "", "requestPayer": "", "policy": "", "websiteEndpoint": ""},
        ),
        (
            "aws:sqs/queue:Queue",
            {"name": "failures", "messageRetentionSeconds": 1209600},
            {"kmsMasterKeyId": "", "deduplicationScope": "", "fifoThroughputLimit": "", "redrivePolicy": ""},
        ),
        (
            "aws:dynamodb/table:Table",
            {
                "name": "runs",
                "hashKey": "pk",
                "billingMode": "PAY_PER_REQUEST",
                "attributes": [{"name": "pk", "type": "S"}],
            },
            {
                "readCapacity": 0,
                "writeCapacity": 0,
                "rangeKey": "",
                "streamViewType": "",
                "tableClass": "",
                "replicas": [],
            },
        ),
    ],
    ids=lambda value: value.rpartition(":")[2] if isinstance(value, str) else "",
)
def test_zero_values_of_the_provider_are_not_judged(
    full_pack: analyzer_pb2_grpc.AnalyzerStub, token: str, inputs: Json, zeros: Json
) -> None:
    given = resource(token, "deployed", **inputs)
    returned = {**given, "properties": {**inputs, **zeros, "id": "deployed-id", "arn": ""}}

    planned = messages(deployed(full_pack, [given]))

    assert messages(deployed(full_pack, [given], [returned])) == planned


def test_program_that_is_deployed_unchanged_breaks_no_rule(
    full_pack: analyzer_pb2_grpc.AnalyzerStub, recorded: Recorded
) -> None:
    program = recorded("dev")

    assert messages(deployed(full_pack, program, [as_deployed(each) for each in program])) == []


@pytest.mark.parametrize(
    "rule",
    ["stack-references-exist", "lambda-function-architecture-of-package", "stack-role-invokes-model", NEVER_WAITS],
)
def test_change_of_a_deployed_program_is_judged_as_the_check_judges_it(
    pack: analyzer_pb2_grpc.AnalyzerStub, recorded: Recorded, rule: str
) -> None:
    program = recorded("dev")
    changed = mutated(program, CASES[rule]["mutations"][0])
    before = {each["urn"]: as_deployed(each) for each in program}
    outputs = [{**each, "properties": before[each["urn"]]["properties"]} for each in changed]

    found = [each for each in deployed(pack, changed, outputs) if each.policyName == rule]

    expected = [each for each in evaluate(changed, "us-east-1") if each.rule == rule]
    assert [each.message.removeprefix(f"{each.description}\n") for each in found] == [each.message for each in expected]
    assert expected


def test_empty_file_of_a_package_comes_without_its_text(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    empty = {SIGNATURE: ASSET_SIGNATURE, "hash": hashlib.sha256(b"").hexdigest()}
    main = {SIGNATURE: ASSET_SIGNATURE, "text": "def handler(event, context): ..."}
    code = {SIGNATURE: ARCHIVE_SIGNATURE, "assets": {"__init__.py": empty, "main.py": main}}

    def found(handler: str) -> list[str]:
        given = resource(FUNCTION, "reader", handler=handler, runtime="python3.13", code=code)
        return [each.message for each in deployed(pack, [given]) if each.policyName == HANDLER]

    assert found("main.handler") == []
    assert len(found("elsewhere.handler")) == len(found("__init__.handler")) == 1


def test_what_the_provider_returns_differently_is_not_judged(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    layer = "arn:aws:lambda:{}:000000000000:layer:adapter:1"
    given = resource(FUNCTION, "reader", handler="reader.handler", layers=[layer.format("us-east-1")])
    returned = resource(FUNCTION, "reader", handler="reader.handler", layers=[layer.format("us-west-2")])

    assert region_findings(pack, [given], [returned]) == []


def test_what_the_inputs_do_not_know_yet_is_taken_from_the_outputs(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    layer = "arn:aws:lambda:us-west-2:000000000000:layer:adapter:1"
    given = resource(FUNCTION, "reader", handler="reader.handler", layers=[UNKNOWN])
    returned = resource(FUNCTION, "reader", handler="reader.handler", layers=[layer])

    assert region_findings(pack, [given], [given]) == []
    assert len(region_findings(pack, [given], [returned])) == 1


def test_a_set_that_the_provider_returns_in_another_order_leaves_the_unknown_unknown(
    pack: analyzer_pb2_grpc.AnalyzerStub,
) -> None:
    own, third, other = (
        f"arn:aws:lambda:{each}:000000000000:layer:adapter:1" for each in ("us-east-1", "*", "us-west-2")
    )
    given = resource(FUNCTION, "reader", handler="reader.handler", layers=[UNKNOWN, UNKNOWN, own])

    assert region_findings(pack, [given], [resource(FUNCTION, "reader", layers=[own, other, third])]) == []
    assert len(region_findings(pack, [given], [resource(FUNCTION, "reader", layers=[third, other, own])])) == 1


def test_what_the_program_has_not_registered_is_there_for_references_only(
    pack: analyzer_pb2_grpc.AnalyzerStub,
) -> None:
    resources = waiting()
    found = {each.urn for each in deployed(pack, resources) if each.policyName == NEVER_WAITS}
    (integration,) = [each for each in resources if each["urn"] in found]
    others = [each for each in resources if each is not integration]

    alone = [each for each in deployed(pack, others, resources) if each.urn == integration["urn"]]
    referring = [each for each in deployed(pack, [integration], resources) if each.policyName == NEVER_WAITS]

    assert alone == []
    assert [each.urn for each in referring] == [integration["urn"]]


def test_stack_that_is_analyzed_again_is_judged_alike(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    resources = waiting()
    first = messages(deployed(pack, resources))

    again = messages(list(pack.AnalyzeStack(stack_request(resources)).diagnostics))

    assert again == first != []


def test_next_operation_of_a_process_begins_without_the_inputs_of_the_last(
    pack: analyzer_pb2_grpc.AnalyzerStub,
) -> None:
    resources = waiting()
    assert deployed(pack, resources)

    left_alone = deployed(pack, [resource("pulumi:pulumi:Stack", "longrun-dev")], resources)

    assert left_alone == []


def waiting() -> list[Registration]:
    """A stack whose API waits for its worker."""
    return stack(NEVER_WAITS, CASES[NEVER_WAITS]["violating"]["the integration calls the worker"])


def region_findings(pack: analyzer_pb2_grpc.AnalyzerStub, resources: list[Json], outputs: list[Json]) -> list[str]:
    deployed(pack, resources, outputs)
    request = stack_request(outputs)
    for each in request.resources:
        each.provider.type, each.provider.name = "pulumi:providers:aws", "default_7_51_1"
        each.provider.properties.update({"region": "us-east-1"})
    return [
        each.message for each in pack.AnalyzeStack(request).diagnostics if each.policyName == "stack-region-alignment"
    ]
