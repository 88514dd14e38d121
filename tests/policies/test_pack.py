"""The pack as the engine runs it: its own process in the pack's folder, spoken to over the analyzer protocol."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy import proxy

from policies.catalogue import RULES
from policies.rules.rule import ResourceRule, Severity
from policies.rules.values import UNKNOWN_SENTINELS

PACK = Path(__file__).parents[2] / "policies"
CASES: Mapping[str, Any] = {
    path.stem: json.loads(path.read_text()) for path in sorted(Path(__file__).with_name("cases").glob("*/*.json"))
}
UNKNOWN_STRING = proxy.UNKNOWN_STRING_VALUE


@pytest.fixture(scope="module")
def pack() -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", "."]
    with subprocess.Popen(command, cwd=PACK, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
        process.terminate()


def struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(properties, struct_pb2.Struct())


def resource_request(resource: Mapping[str, Any]) -> analyzer_pb2.AnalyzeRequest:
    return analyzer_pb2.AnalyzeRequest(
        type=resource["type"], name=resource["name"], urn=resource["urn"], properties=struct(resource["properties"])
    )


def stack_request(resources: list[Mapping[str, Any]]) -> analyzer_pb2.AnalyzeStackRequest:
    request = analyzer_pb2.AnalyzeStackRequest()
    for resource in resources:
        added = request.resources.add(
            type=resource["type"], name=resource["name"], urn=resource["urn"], properties=struct(resource["properties"])
        )
        for name, urns in resource.get("dependencies", {}).items():
            added.propertyDependencies[name].urns.extend(urns)
    return request


def function(**properties: object) -> dict[str, Any]:
    return {
        "type": "aws:lambda/function:Function",
        "name": "worker",
        "urn": "urn:pulumi:dev::longrun::aws:lambda/function:Function::worker",
        "properties": {"handler": "runtime.worker.handler", "timeout": 900, **properties},
    }


def test_pack_announces_every_rule_with_its_level_and_remedy(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    info = pack.GetAnalyzerInfo(empty_pb2.Empty())

    levels = {Severity.MANDATORY: analyzer_pb2.MANDATORY, Severity.ADVISORY: analyzer_pb2.ADVISORY}
    assert info.name == "longrun"
    assert [(policy.name, policy.enforcementLevel, policy.remediation_steps) for policy in info.policies] == [
        (rule.name, levels[rule.severity], rule.remediation) for rule in RULES
    ]


@pytest.mark.parametrize("rule", CASES)
def test_compliant_stack_passes_under_the_engine(pack: analyzer_pb2_grpc.AnalyzerStub, rule: str) -> None:
    resources = CASES[rule]["compliant"]

    found = [pack.Analyze(resource_request(resource)).diagnostics for resource in resources]

    assert all(not diagnostics for diagnostics in found)
    assert not pack.AnalyzeStack(stack_request(resources)).diagnostics


def test_reserved_variable_is_refused_before_the_function_is_created(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    request = resource_request(
        function(environment={"variables": {"AWS_REGION": "us-east-1", "TABLE": UNKNOWN_STRING}})
    )

    (diagnostic,) = pack.Analyze(request).diagnostics

    assert diagnostic.policyName == "lambda-function-environment-names"
    assert diagnostic.enforcementLevel == analyzer_pb2.MANDATORY
    assert "'worker': environment.variables.AWS_REGION is set" in diagnostic.message


def test_a_rule_judges_only_resources_of_its_types(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    other = {**function(timeout=1800), "type": "aws:ecs/service:Service"}

    assert not pack.Analyze(resource_request(other)).diagnostics


def test_unknown_values_are_passed_over_in_silence(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    unknown = function(
        timeout=proxy.UNKNOWN_NUMBER_VALUE, tags=proxy.UNKNOWN_OBJECT_VALUE, environment={"variables": UNKNOWN_STRING}
    )

    assert not pack.Analyze(resource_request(unknown)).diagnostics
    assert not pack.AnalyzeStack(stack_request([unknown])).diagnostics


@pytest.mark.parametrize("rule", [rule.name for rule in RULES if not isinstance(rule, ResourceRule)])
def test_stack_rule_reports_the_same_under_the_engine(pack: analyzer_pb2_grpc.AnalyzerStub, rule: str) -> None:
    title, change = next((title, change) for title, change in CASES[rule]["spoiled"].items() if change["patch"])
    resources = [
        {**resource, "properties": {**resource["properties"], **change["patch"]}}
        if resource["name"] == change["resource"]
        else resource
        for resource in CASES[rule]["compliant"]
    ]

    (diagnostic,) = pack.AnalyzeStack(stack_request(resources)).diagnostics

    assert diagnostic.policyName == rule, title
    assert diagnostic.message.endswith(change["message"])
    assert diagnostic.urn in {resource["urn"] for resource in resources if resource["name"] == change["resource"]}


def test_reference_is_followed_through_dependencies_while_its_value_is_unknown(
    pack: analyzer_pb2_grpc.AnalyzerStub,
) -> None:
    worker = function()
    integration = {
        "type": "aws:apigatewayv2/integration:Integration",
        "name": "integration",
        "urn": "urn:pulumi:dev::longrun::aws:apigatewayv2/integration:Integration::integration",
        "properties": {"integrationUri": UNKNOWN_STRING},
        "dependencies": {"integrationUri": [worker["urn"]]},
    }

    (diagnostic,) = pack.AnalyzeStack(stack_request([worker, integration])).diagnostics

    assert diagnostic.policyName == "stack-api-never-waits-for-agent"
    assert "integrationUri is the function 'worker', which streams an agent's answer" in diagnostic.message


def test_region_of_the_stack_is_that_of_the_engines_default_provider(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    request = stack_request([function(layers=["arn:aws:lambda:us-west-2:000000000000:layer:adapter:1"])])
    provider = request.resources[0].provider
    provider.type, provider.name = "pulumi:providers:aws", "default_7_51_1"
    provider.properties.update({"region": "us-east-1"})

    (diagnostic,) = pack.AnalyzeStack(request).diagnostics

    assert "layers[0] is an ARN of lambda in us-west-2; allowed: us-east-1, the stack's region." in diagnostic.message


def test_the_rules_know_every_sentinel_of_the_engine() -> None:
    sentinels = {
        value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_") and name.endswith("_VALUE")
    }

    assert sentinels == UNKNOWN_SENTINELS


def test_importing_the_rules_prints_nothing_and_needs_no_pulumi() -> None:
    program = "import sys, policies.check; sys.exit(any(name.startswith('pulumi') for name in sys.modules))"

    finished = subprocess.run([sys.executable, "-c", program], cwd=PACK.parent, capture_output=True, check=False)  # noqa: S603

    assert (finished.returncode, finished.stdout, finished.stderr) == (0, b"", b"")
