"""The pack as the engine runs it: its own process in the pack's folder, spoken to over the analyzer protocol."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy import proxy

from policies.catalogue import HAND_WRITTEN, RULES
from policies.check import evaluate
from policies.generation.cases import cases, stack
from policies.rules.rule import Severity
from policies.rules.values import UNKNOWN_SENTINELS
from tests.policies.engine_protocol import (
    by_hand_alone,
    deployed,
    registered,
    resource_request,
    stack_request,
)

PACK = Path(__file__).parents[2] / "policies"
ENGINES_OWN = "lambda-function-package-readable"
"""The engine itself rejects a path that does not exist, before it asks a pack."""

RESERVED = "lambda-function-reserved-variables"
UNKNOWN_STRING = proxy.UNKNOWN_STRING_VALUE
Configure = Callable[[str, int, dict[str, Any]], None]


@pytest.fixture
def configure(pack: analyzer_pb2_grpc.AnalyzerStub) -> Iterator[Configure]:
    """Gives one policy a level and a configuration, as the engine does with what a user's file says."""

    def give(policy: str, level: int, properties: dict[str, Any]) -> None:
        request = by_hand_alone()
        request.policyConfig[policy].enforcementLevel = level
        request.policyConfig[policy].properties.update(properties)
        pack.Configure(request)

    yield give
    pack.Configure(by_hand_alone())


def of_rule(diagnostics: Iterable[analyzer_pb2.AnalyzeDiagnostic], rule: str) -> list[analyzer_pb2.AnalyzeDiagnostic]:
    return [diagnostic for diagnostic in diagnostics if diagnostic.policyName == rule]


def told(diagnostics: Iterable[analyzer_pb2.AnalyzeDiagnostic]) -> set[str]:
    return {diagnostic.policyName for diagnostic in diagnostics}


def function(**properties: object) -> dict[str, Any]:
    return {
        "type": "aws:lambda/function:Function",
        "name": "worker",
        "urn": "urn:pulumi:dev::longrun::aws:lambda/function:Function::worker",
        "properties": {"handler": "runtime.worker.function.handler", "timeout": 900, **properties},
    }


def test_pack_announces_every_rule_with_its_level_and_remedy(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    info = pack.GetAnalyzerInfo(empty_pb2.Empty())

    levels = {Severity.MANDATORY: analyzer_pb2.MANDATORY, Severity.ADVISORY: analyzer_pb2.ADVISORY}
    assert info.name == "longrun"
    assert [(policy.name, policy.enforcementLevel, policy.remediation_steps) for policy in info.policies] == [
        (rule.name, levels[rule.severity], rule.remediation) for rule in RULES
    ]


@pytest.mark.parametrize("rule", sorted(cases().keys() - {ENGINES_OWN}))
def test_the_engine_is_told_what_the_check_tells(pack: analyzer_pb2_grpc.AnalyzerStub, rule: str) -> None:
    for change in (None, next(iter(cases()[rule]["violating"].values()))):
        resources = stack(rule, change)
        alone = registered(pack, resources)
        together = pack.AnalyzeStack(stack_request(resources)).diagnostics

        found = [(each.policyName, each.message.removeprefix(f"{each.description}\n")) for each in (*alone, *together)]
        assert sorted(found) == sorted((each.rule, each.message) for each in evaluate(resources, rules=HAND_WRITTEN))


def test_reserved_variable_is_rejected_before_the_function_is_created(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    request = resource_request(
        function(environment={"variables": {"AWS_REGION": "us-east-1", "TABLE": UNKNOWN_STRING}})
    )

    (diagnostic,) = of_rule(pack.Analyze(request).diagnostics, RESERVED)

    assert diagnostic.enforcementLevel == analyzer_pb2.MANDATORY
    assert "'worker': environment.variables.AWS_REGION is set" in diagnostic.message


def test_level_of_a_policy_is_configured(pack: analyzer_pb2_grpc.AnalyzerStub, configure: Configure) -> None:
    request = resource_request(function(environment={"variables": {"AWS_REGION": "us-east-1"}}))

    configure(RESERVED, analyzer_pb2.ADVISORY, {})
    (advice,) = of_rule(pack.Analyze(request).diagnostics, RESERVED)
    configure(RESERVED, analyzer_pb2.DISABLED, {})

    assert advice.enforcementLevel == analyzer_pb2.ADVISORY
    assert of_rule(pack.Analyze(request).diagnostics, RESERVED) == []


def test_exception_of_a_resource_is_configured(pack: analyzer_pb2_grpc.AnalyzerStub, configure: Configure) -> None:
    request = resource_request(function(environment={"variables": {"AWS_REGION": "us-east-1"}}))

    def found(resource: str) -> int:
        excepted = {"exceptions": [{"resource": resource, "property": "environment.*", "reason": "an old image"}]}
        configure(RESERVED, analyzer_pb2.MANDATORY, excepted)
        return len(of_rule(pack.Analyze(request).diagnostics, RESERVED))

    assert (found("worker"), found("reader")) == (0, 1)


def test_exception_from_a_stack_rule_is_configured(pack: analyzer_pb2_grpc.AnalyzerStub, configure: Configure) -> None:
    rule = "stack-api-never-waits-for-agent"
    resources = stack(rule, cases()[rule]["violating"]["the integration calls the worker"])

    configure(rule, analyzer_pb2.MANDATORY, {"exceptions": [{"resource": "streaming-*", "reason": "a test"}]})

    assert of_rule(deployed(pack, resources), rule) == []


def test_the_engine_can_reject_an_exception_without_a_reason(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    info = pack.GetAnalyzerInfo(empty_pb2.Empty())

    for policy in info.policies:
        exceptions = json_format.MessageToDict(policy.configSchema.properties)["exceptions"]
        assert exceptions["items"]["required"] == ["resource", "reason"]
        assert exceptions["items"]["additionalProperties"] is False


def test_a_rule_judges_only_resources_of_its_types(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    other = {**function(timeout=1800), "type": "aws:ecs/service:Service"}

    assert not pack.Analyze(resource_request(other)).diagnostics


def test_unknown_values_are_passed_over_in_silence(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    unknown = function(
        timeout=proxy.UNKNOWN_NUMBER_VALUE, tags=proxy.UNKNOWN_OBJECT_VALUE, environment={"variables": UNKNOWN_STRING}
    )

    known = {**unknown, "properties": {"handler": "runtime.worker.function.handler"}}

    assert told(registered(pack, [unknown])) <= told(registered(pack, [known]))
    assert told(deployed(pack, [unknown])) <= told(deployed(pack, [known]))


def test_violation_of_a_stack_rule_is_reported_at_its_resource(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    rule = "stack-api-never-waits-for-agent"
    change = cases()[rule]["violating"]["the integration calls the worker"]
    resources = stack(rule, change)

    found = of_rule(deployed(pack, resources), rule)

    assert [each.urn for each in found] == [
        resource["urn"] for resource in resources if resource["name"] == change["resource"]
    ]


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

    (diagnostic,) = of_rule(deployed(pack, [worker, integration]), "stack-api-never-waits-for-agent")

    assert "integrationUri is the function 'worker', which streams an agent's answer" in diagnostic.message


def test_region_of_the_stack_is_that_of_the_engines_default_provider(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    resources = [function(layers=["arn:aws:lambda:us-west-2:000000000000:layer:adapter:1"])]
    registered(pack, resources)
    request = stack_request(resources)
    provider = request.resources[0].provider
    provider.type, provider.name = "pulumi:providers:aws", "default_7_51_1"
    provider.properties.update({"region": "us-east-1"})

    (diagnostic,) = of_rule(pack.AnalyzeStack(request).diagnostics, "stack-region-alignment")

    assert "layers[0] is an ARN of lambda in us-west-2; allowed: us-east-1, the stack's region." in diagnostic.message


def test_what_aws_publishes_is_judged_under_the_engine(
    pack: analyzer_pb2_grpc.AnalyzerStub, configure: Configure
) -> None:
    key = {
        "type": "aws:kms/key:Key",
        "name": "key",
        "urn": "urn:pulumi:dev::longrun::aws:kms/key:Key::key",
        "properties": {"keyUsage": "EVERYTHING", "customerMasterKeySpec": "SYMMETRIC_DEFAULT"},
    }

    configure("aws-preflight", analyzer_pb2.MANDATORY, {})
    (diagnostic,) = of_rule(deployed(pack, [key]), "aws-preflight")

    assert diagnostic.urn == key["urn"]
    assert "'key': keyUsage is 'EVERYTHING'" in diagnostic.message


def test_the_rules_know_every_sentinel_of_the_engine() -> None:
    sentinels = {
        value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_") and name.endswith("_VALUE")
    }

    assert sentinels == UNKNOWN_SENTINELS


def test_importing_the_rules_prints_nothing_and_needs_no_pulumi() -> None:
    program = "import sys, policies.check; sys.exit(any(name.startswith('pulumi') for name in sys.modules))"

    finished = subprocess.run([sys.executable, "-c", program], cwd=PACK.parent, capture_output=True, check=False)  # noqa: S603

    assert (finished.returncode, finished.stdout, finished.stderr) == (0, b"", b"")
