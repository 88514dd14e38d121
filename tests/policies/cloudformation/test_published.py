"""The published rules over stacks: what is reported, where, and what is left to others."""

import sys
from collections.abc import Iterable
from dataclasses import replace

import pytest

from policies.cloudformation import judge, preflight
from policies.cloudformation.engine import Diagnostic, Engine, EvaluationError, Module
from policies.cloudformation.judge import Judge
from policies.cloudformation.published import Published
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity, Stack, StackRule
from policies.rules.stack.places.homes import PROVIDER
from policies.rules.values import UNKNOWN_SENTINELS
from tests.policies.cloudformation.stacks import ARCHIVE, REGION, findings, function, places, resource

KIND = "aws:lambda/function:Function"
UNKNOWN_TEXT = min(UNKNOWN_SENTINELS)


def own_rule(prop: str) -> ResourceRule:
    """A rule of the project that finds something at a property of every function."""

    def check(_: Resource) -> Iterable[Finding]:
        yield Finding(property=prop, value="bad", allowed="good", why="Because", fix="Mend it")

    return ResourceRule(name="own", description="Own.", remediation="Mend.", types=frozenset({KIND}), check=check)


def test_levels_are_those_of_the_sources() -> None:
    levels = {rule.name: rule.severity for rule in Published(()).rules()}

    assert levels == {
        "aws-preflight": Severity.MANDATORY,
        "aws-schema": Severity.MANDATORY,
        "aws-advice": Severity.ADVISORY,
    }


def test_finding_names_pulumis_resource_and_property() -> None:
    queue = resource("aws:sqs/queue:Queue", {"visibilityTimeoutSeconds": 50000.0}, "jobs")
    stack = Stack((function(), queue), REGION)

    ((found, finding),) = [each for rule in Published(()).rules() for each in rule.check(stack)]

    assert found is queue
    assert finding.message(found.type, found.name) == (
        "aws:sqs/queue:Queue 'jobs': visibilityTimeoutSeconds is 50,000; allowed: at most 43200. "
        "AWS's schema of AWS::SQS::Queue rejects anything else (F3034). Change it to what is allowed."
    )


def test_nothing_is_found_where_nothing_is_wrong_or_nothing_is_known() -> None:
    assert findings([function()]) == {}
    assert findings([]) == {}
    assert findings([resource("longrun:index:JournalTable", {"name": 5}), resource("aws:no/such:Thing", {})]) == {}


@pytest.mark.parametrize(
    ("prop", "left"),
    [
        ("memorySize", []),
        ("memorySize.deeper", []),
        ("memorySizes", [("aws-schema", "F3034", "memorySize")]),
        ("handler", [("aws-schema", "F3034", "memorySize")]),
    ],
)
def test_what_an_own_rule_has_found_is_not_said_again(prop: str, left: list[tuple[str, str, str]]) -> None:
    assert places([function(memorySize=64)], [own_rule(prop)]) == left


def test_rules_across_resources_count_as_own_rules_too() -> None:
    def check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
        for one in stack.resources:
            yield one, Finding(property="memorySize", value="bad", allowed="good", why="Because", fix="Mend it")

    own = StackRule(name="own", description="Own.", remediation="Mend.", check=check)

    assert places([function(memorySize=64)], [own]) == []


def test_two_sources_say_one_thing_of_a_property() -> None:
    table = {"hashKey": "pk", "attributes": [{"name": "pk", "type": "S"}], "billingMode": "PROVISIONED"}

    assert places([resource("aws:dynamodb/table:Table", table)]) == [
        ("aws-preflight", "pf-dynamodb-billing-throughput", "properties")
    ]


def test_what_may_still_be_told_is_not_missed() -> None:
    assert places([function(handler=None)]) == [("aws-schema", "W2533", "handler")]
    assert places([function(handler=UNKNOWN_TEXT)]) == []
    assert places([function(handler=UNKNOWN_TEXT, memorySize=64)]) == [("aws-schema", "F3034", "memorySize")]


def test_form_of_a_value_that_another_resource_makes_is_not_judged() -> None:
    group = {"subnetIds": ["subnet"], "securityGroupIds": ["group"]}
    given = {"code": ARCHIVE, "handler": "a.b", "runtime": "python3.13", "role": "made-later", "vpcConfig": group}
    made = {"role": ("urn:role",), "vpcConfig": ("urn:subnet",)}

    alone = places([resource(KIND, given)])
    told_later = places([resource(KIND, given, dependencies=made)])

    assert {prop for _, _, prop in alone} >= {"vpcConfig.subnetIds[0]", "vpcConfig.securityGroupIds[0]"}
    assert told_later == []


def test_document_that_is_made_from_other_resources_is_judged() -> None:
    trust = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Principal": "*"}]}'
    role = resource(
        "aws:iam/role:Role", {"assumeRolePolicy": trust}, dependencies={"assumeRolePolicy": ("urn:bucket",)}
    )

    assert [source for _, source, _ in places([role])] == ["pf-iam-trust-policy-action-sts-only"]


def test_regions_are_compared_with_the_stacks_own() -> None:
    queue = "arn:aws:sqs:eu-west-1:123456789012:failures"
    given = function(deadLetterConfig={"targetArn": queue})
    elsewhere = function(deadLetterConfig={"targetArn": queue}, region="eu-west-1")
    provider = resource(PROVIDER, {"region": "eu-west-1"}, "europe")
    by_provider = replace(given, provider=provider.urn)

    assert places([given]) == [("aws-preflight", "pf-lambda-dlq-region", "deadLetterConfig.targetArn")]
    assert findings([given], region="eu-west-1") == findings([given], region=None) == {}
    assert places([elsewhere]) == places([provider, by_provider]) == []


def test_environment_without_the_engine_is_told_and_nothing_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cloudformation_validate", None)
    rules = Published((), Judge()).rules()
    stack = Stack((function(),), REGION)

    found = {rule.name: [finding.explanation() for _, finding in rule.check(stack)] for rule in rules}

    sentence = (
        "policies is without AWS's published rules: cloudformation-validate is not installed, or not for this machine; "
        "allowed: the releases that requirements/ names. "
        "What AWS's schemas and rules reject would only show in the deployment. "
        "Install it with `pip install cloudformation-validate==1.14.0`."
    )
    assert found == {"aws-preflight": [sentence], "aws-schema": [sentence], "aws-advice": []}


def test_environment_without_the_rule_base_is_still_judged_by_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "VERSION", "0.0.0")
    rules = Published((), Judge()).rules()
    stack = Stack((function(memorySize=64),), REGION)

    found = {rule.name: [finding.property for _, finding in rule.check(stack)] for rule in rules}

    assert found == {"aws-preflight": ["policies"], "aws-schema": ["memorySize"], "aws-advice": []}


def test_rule_that_fails_takes_no_other_service_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(Engine):
        """Fails where it holds the rules of SQS."""

        def __init__(self, modules: Iterable[Module] = ()) -> None:
            modules = list(modules)
            self._fails = any(module.name == "sqs" for module in modules)
            super().__init__(modules)

        def judge(self, template: object, region: str | None = None) -> tuple[Diagnostic, ...]:
            if self._fails:
                raise EvaluationError("no function may answer twice")
            return super().judge(template, region)  # type: ignore[arg-type]

    monkeypatch.setattr(judge, "Engine", Failing)
    stack = Stack((function(environment={"variables": {"A-B": "x"}}), resource("aws:sqs/queue:Queue", {})), REGION)

    found = [finding for rule in Published((), Judge()).rules() for _, finding in rule.check(stack)]

    assert [(finding.source, finding.property) for finding in found] == [
        ("", "policies"),
        ("pf-lambda-env-key-start-letter", "environment.variables.A-B"),
    ]
    assert "cdk-preflight's rules of sqs failed: no function may answer twice" in found[0].value


def test_region_that_is_none_is_not_compared_with() -> None:
    queue = "arn:aws:sqs:eu-west-1:123456789012:failures"

    assert findings([function(deadLetterConfig={"targetArn": queue})], region="somewhere") == {}
