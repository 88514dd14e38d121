"""What the sources say, in the project's words."""

import pytest

from policies.cloudformation.engine import Diagnostic
from policies.cloudformation.findings import ABSENT, rule_finding, schema_finding, shown, value_at
from policies.cloudformation.preflight import Rule

KIND = "AWS::SQS::Queue"
RULE = Rule(
    id="pf-sqs-example",
    service="sqs",
    title="Delays end at 900 seconds",
    types=frozenset({KIND}),
    proven=True,
    superseded=False,
    source="",
)


def said(message: str, fix: str = "") -> Diagnostic:
    return Diagnostic(rule="F3034", severity="FATAL", logical_id="Jobs", path="DelaySeconds", message=message, fix=fix)


@pytest.mark.parametrize(
    ("message", "allowed"),
    [
        ("1000 is greater than the maximum of 900", "at most 900"),
        ("-1 is less than the minimum of 0", "at least 0"),
        ("'a b' does not match pattern '^[a-z]+$'", "what matches ^[a-z]+$"),
        ("'x' is not one of ['a', 'b']", "one of 'a', 'b'"),
        ("length 10 is below minimum 12", "at least 12 characters"),
        ("expected maximum item count: 5, found: 6", "at most 5 entries"),
        ("'x' is not of type 'object'", "a value of the type object"),
        (
            "'sg1' does not match format 'AWS::EC2::SecurityGroup.Id'",
            "what has the form of an AWS::EC2::SecurityGroup.Id",
        ),
    ],
)
def test_schema_finding_tells_what_is_allowed(message: str, allowed: str) -> None:
    finding = schema_finding(said(message), KIND, "delaySeconds", 1000.0)

    assert finding.message("aws:sqs/queue:Queue", "jobs") == (
        f"aws:sqs/queue:Queue 'jobs': delaySeconds is 1,000; allowed: {allowed}. "
        "AWS's schema of AWS::SQS::Queue rejects anything else (F3034). Change it to what is allowed."
    )
    assert finding.source == "F3034"


def test_other_words_of_the_engine_are_passed_on() -> None:
    finding = schema_finding(said("Runtime  must be\nset at Resources/Jobs/Properties.", "Add it."), KIND, "", ABSENT)

    assert finding.explanation() == (
        "properties is a combination that AWS rejects; allowed: what AWS's schema of AWS::SQS::Queue takes. "
        "AWS's validation engine reports of AWS::SQS::Queue: Runtime must be set (F3034). Add it."
    )


def test_published_rule_tells_its_demand_the_rejection_and_the_remedy() -> None:
    finding = rule_finding(
        said('delay 1000; SetQueueAttributes fails with "no"', "Use 900"), RULE, "delaySeconds", 1000
    )

    assert finding.explanation() == (
        "delaySeconds is 1,000; allowed: Delays end at 900 seconds. "
        'Delay 1000; SetQueueAttributes fails with "no" (pf-sqs-example). Use 900.'
    )
    assert finding.source == "pf-sqs-example"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (ABSENT, "unset"),
        ({"Ref": "Parameter"}, "unset"),
        (True, "true"),
        (86400.0, "86,400"),
        ("x" * 100, f"'{'x' * 80}…'"),
        ([1, 2], "a list of 2"),
        ({"a": 1}, "an object"),
        ({}, "empty"),
    ],
)
def test_value_is_shown_in_short(value: object, text: str) -> None:
    assert shown(value, "property") == text


def test_secret_is_never_shown() -> None:
    password = "correct horse"
    of_schema = schema_finding(said(f"'{password}' does not match pattern '^a$'"), KIND, "users[0].password", password)
    of_rule = rule_finding(said(f"{password} is short"), RULE, "users[0].password", password)

    assert password not in of_schema.explanation() + of_rule.explanation()
    assert (of_schema.value, of_rule.value) == ("set", "set")


def test_value_is_found_in_lists_and_in_texts_of_json() -> None:
    properties = {"Rules": [{"Id": "a"}], "Definition": '{"States": {"A": {"Next": "B"}}}', "Text": "no JSON"}
    template = {"Resources": {"It": {"Properties": properties}}}

    assert value_at(template, "It", "Rules.0.Id") == "a"
    assert value_at(template, "It", "Definition.States.A.Next") == "B"
    assert value_at(template, "It", "Rules.1.Id") is ABSENT
    assert value_at(template, "It", "Text.Id") is ABSENT
