"""The rules without the engine."""

from collections.abc import Iterable

import pytest

from policies.check import Registration, evaluate
from policies.cloudformation.published import Published
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.stack import region_alignment

FINDING = Finding(property="name", value="bad", allowed="good", why="Because", fix="Mend it")


def bucket(name: str, **properties: object) -> Registration:
    urn = f"urn:pulumi:dev::longrun::aws:s3/bucket:Bucket::{name}"
    return {"type": "aws:s3/bucket:Bucket", "name": name, "urn": urn, "parent": None, "properties": properties}


def rule(name: str, severity: Severity, seen: list[Resource] | None = None) -> ResourceRule:
    def check(resource: Resource) -> Iterable[Finding]:
        if seen is not None:
            seen.append(resource)
        yield FINDING

    return ResourceRule(
        name=name,
        description="Names are good.",
        remediation="Rename.",
        severity=severity,
        types=frozenset({"aws:s3/bucket:Bucket"}),
        check=check,
    )


def test_mandatory_violations_come_before_advisory_ones() -> None:
    rules = [rule("advice", Severity.ADVISORY), rule("law", Severity.MANDATORY)]

    found = evaluate([bucket("data"), bucket("payloads")], rules=rules)

    assert [(violation.rule, violation.urn.rsplit("::", 1)[-1]) for violation in found] == [
        ("law", "data"),
        ("law", "payloads"),
        ("advice", "data"),
        ("advice", "payloads"),
    ]


def test_message_names_resource_property_value_what_is_allowed_why_and_the_remedy() -> None:
    (violation,) = evaluate([bucket("data")], rules=[rule("law", Severity.MANDATORY)])

    assert violation.property == "name"
    assert violation.message == "aws:s3/bucket:Bucket 'data': name is bad; allowed: good. Because. Mend it."


def test_rules_see_secrets_unwrapped() -> None:
    seen: list[Resource] = []
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": {"key": "shown"}}

    evaluate([bucket("data", policy=secret)], rules=[rule("law", Severity.MANDATORY, seen)])

    assert seen[0].properties == {"policy": {"key": "shown"}}


@pytest.mark.parametrize(
    ("region", "violations"),
    [("eu-west-1", 0), ("us-east-1", 1), (None, 0)],
    ids=["the same region", "another region", "no region to compare with"],
)
def test_the_stacks_region_is_given_by_the_caller(region: str | None, violations: int) -> None:
    resources = [bucket("data", kmsKeyArn="arn:aws:kms:eu-west-1:000000000000:key/a")]

    assert len(evaluate(resources, region, [region_alignment.RULE])) == violations


KEY: Registration = {
    "type": "aws:kms/key:Key",
    "name": "key",
    "urn": "urn:pulumi:dev::longrun::aws:kms/key:Key::key",
    "parent": None,
    "properties": {"keyUsage": "EVERYTHING", "customerMasterKeySpec": "SYMMETRIC_DEFAULT"},
}


@pytest.mark.parametrize("prepared", [[], ["aws:kms/key:Key"], ["aws:sqs/queue:Queue", "longrun:index:Other"]])
def test_preparing_changes_nothing_but_the_time(prepared: list[str]) -> None:
    published = Published(())
    published.prepare(prepared, "us-east-1")

    (violation,) = evaluate([KEY], "us-east-1", published.rules())

    assert (violation.rule, violation.property) == ("aws-preflight", "keyUsage")
