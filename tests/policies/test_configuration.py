"""What a policy configuration may say, and what it is rejected for."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from policies.check import Registration, Suppressed, evaluate, judge
from policies.configuration import (
    EXCEPTIONS_SCHEMA,
    ConfigurationError,
    Exemption,
    configuration,
    exemptions,
    read_configuration,
)
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Rule, Severity

BUCKET = "aws:s3/bucket:Bucket"


def check(resource: Resource) -> Iterable[Finding]:
    for prop in ("acl", "tags[0].key"):
        yield Finding(property=prop, value="bad", allowed="good", why=f"Because of {resource.name}", fix="Mend it")


def rule(name: str, severity: Severity = Severity.MANDATORY) -> ResourceRule:
    return ResourceRule(
        name=name,
        description="Buckets are good.",
        remediation="Mend.",
        severity=severity,
        types=frozenset({BUCKET}),
        check=check,
    )


RULES = (rule("bucket-private"), rule("bucket-named", Severity.ADVISORY))
BUCKETS: list[Registration] = [
    {
        "type": BUCKET,
        "name": name,
        "urn": f"urn:pulumi:dev::longrun::{BUCKET}::{name}",
        "parent": None,
        "properties": {},
    }
    for name in ("data", "demo")
]


def levels(document: object) -> dict[str, str]:
    report = judge(BUCKETS, configuration=configuration(document, RULES), rules=RULES)
    return {violation.rule: violation.severity.value for violation in report.violations}


def suppressed(document: object) -> list[tuple[str, str, str]]:
    report = judge(BUCKETS, configuration=configuration(document, RULES), rules=RULES)
    return [
        (each.violation.urn.rpartition("::")[2], each.violation.property, each.reason) for each in report.suppressed
    ]


def excepted(**fields: str) -> dict[str, object]:
    return {"bucket-private": {"exceptions": [{"resource": "demo", "reason": "a demo", **fields}]}}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, {"bucket-private": "mandatory", "bucket-named": "advisory"}),
        ({"bucket-private": "advisory"}, {"bucket-private": "advisory", "bucket-named": "advisory"}),
        ({"bucket-private": {"enforcementLevel": "disabled"}}, {"bucket-named": "advisory"}),
        ({"all": "mandatory"}, {"bucket-private": "mandatory", "bucket-named": "mandatory"}),
        ({"all": "disabled", "bucket-named": "mandatory"}, {"bucket-named": "mandatory"}),
        ({"all": {"enforcementLevel": "disabled"}}, {}),
    ],
)
def test_level_of_a_rule_is_configured(document: object, expected: dict[str, str]) -> None:
    assert levels(document) == expected


def test_exception_suppresses_a_resource_and_tells_its_reason() -> None:
    assert suppressed(excepted()) == [("demo", "acl", "a demo"), ("demo", "tags[0].key", "a demo")]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"resource": "d*"}, 4),
        ({"resource": f"urn:pulumi:*::{BUCKET}::demo"}, 2),
        ({"resource": "dem"}, 0),
        ({"property": "acl"}, 1),
        ({"property": "tags[0].*"}, 1),
        ({"property": "tags[1].*"}, 0),
        ({"resource": "[d]emo"}, 0),
        ({"source": "F3031"}, 0),
        ({"source": "*"}, 2),
    ],
)
def test_exception_names_resources_and_properties_by_pattern(fields: dict[str, str], expected: int) -> None:
    assert len(suppressed(excepted(**fields))) == expected


def test_exception_holds_for_its_own_rule_alone() -> None:
    report = judge(BUCKETS, configuration=configuration(excepted(resource="*"), RULES), rules=RULES)

    assert {violation.rule for violation in report.violations} == {"bucket-named"}
    assert report.suppressed[0] == Suppressed(evaluate(BUCKETS, rules=RULES)[0], "a demo")


def test_exception_that_suppresses_nothing_is_reported() -> None:
    report = judge(BUCKETS, configuration=configuration(excepted(resource="gone"), RULES), rules=RULES)

    assert report.unused == [("bucket-private", Exemption("gone", "a demo"))]
    assert judge(BUCKETS, configuration=configuration(excepted(), RULES), rules=RULES).unused == []


REJECTED: list[tuple[object, str]] = [
    ([], "a policy configuration is an object of rules, not a list."),
    (None, "a policy configuration is an object of rules, not null."),
    ({"bucket-privat": "advisory"}, "there is no rule 'bucket-privat'; did you mean 'bucket-private'?"),
    ({"x": "advisory"}, "there is no rule 'x'; `longrun check --json` lists them."),
    (
        {"bucket-private": "warn"},
        'bucket-private: "warn" is no enforcement level; there are mandatory, advisory, disabled.',
    ),
    (
        {"all": {"enforcementLevel": ["advisory"]}},
        'all: ["advisory"] is no enforcement level; there are mandatory, advisory, disabled.',
    ),
    (
        {"bucket-private": "remediate"},
        'bucket-private: "remediate" is no enforcement level; there are mandatory, advisory, disabled.',
    ),
    ({"bucket-private": 1}, "bucket-private: is a level or an object, not a number."),
    ({"bucket-private": True}, "bucket-private: is a level or an object, not true or false."),
    (
        {"bucket-private": {"level": "advisory"}},
        "bucket-private: has no 'level'; it takes enforcementLevel and exceptions.",
    ),
    ({"bucket-private": {"exceptions": {}}}, "bucket-private: exceptions is a list, not an object."),
    (
        {"bucket-private": {"exceptions": ["demo"]}},
        "bucket-private: exceptions[0]: is an object with resource and reason, not a text.",
    ),
    (
        {"bucket-private": {"exceptions": [{"resource": "demo"}]}},
        "bucket-private: exceptions[0]: needs a reason, a text.",
    ),
    (excepted(reason="  "), "bucket-private: exceptions[0]: needs a reason, a text."),
    (excepted(property=""), "bucket-private: exceptions[0]: needs a property, a text."),
    (
        excepted(until="2027"),
        "bucket-private: exceptions[0]: has no 'until'; it takes resource, reason, property, source.",
    ),
    (
        {"all": {"exceptions": [{"resource": "demo", "reason": "a demo"}]}},
        "'all' takes a level only; an exception belongs to the rule that it is from.",
    ),
]


@pytest.mark.parametrize(("document", "sentence"), REJECTED, ids=[sentence for _, sentence in REJECTED])
def test_configuration_that_cannot_be_meant_is_rejected_in_one_sentence(document: object, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as rejected:
        configuration(document, RULES)

    assert str(rejected.value) == sentence


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"bucket-private": ', "is no JSON"),
        (b"", "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"bucket-private": "warn"}', "is no enforcement level"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_file_that_is_rejected_is_named(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "policies.json"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigurationError) as rejected:
        read_configuration(path, RULES)

    assert str(rejected.value).startswith(f"{path}: ")
    assert reason in str(rejected.value)
    assert "\n" not in str(rejected.value)


def test_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "policies.json"
    path.write_text(json.dumps({"bucket-private": "disabled"}))
    (private, named) = RULES
    found = read_configuration(path, RULES)

    assert found.severity(private) is None
    assert found.severity(named) is Severity.ADVISORY
    assert found.severity(Rule(name="other", description="Other.", remediation="Other.")) is Severity.MANDATORY


def test_the_engines_schema_names_the_same_fields() -> None:
    items = EXCEPTIONS_SCHEMA["items"]
    assert isinstance(items, dict)
    full = dict.fromkeys(items["properties"], "x")

    assert exemptions("any", [full]) == (Exemption("x", "x", "x", "x"),)
    for name in items["required"]:
        with pytest.raises(ConfigurationError, match=f"needs a {name}"):
            exemptions("any", [{key: value for key, value in full.items() if key != name}])
