"""Reports as SARIF, against what the public schema of version 2.1.0 demands of the objects in them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from policies.check import Registration, judge
from policies.configuration import Configuration, configuration
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.sarif import sarif

TEXT: Final = {"text!": str}
RULE: Final = {
    "id!": str,
    "shortDescription": TEXT,
    "help": TEXT,
    "defaultConfiguration": {"enabled": bool, "level": {"none", "note", "warning", "error"}},
}
LOCATION: Final = {
    "physicalLocation": {"artifactLocation!": {"uri": str}},
    "logicalLocations": [{"name": str, "fullyQualifiedName": str, "kind": {"resource", "property"}}],
}
RESULT: Final = {
    "ruleId": str,
    "ruleIndex": int,
    "level": {"none", "note", "warning", "error"},
    "message!": TEXT,
    "locations": [LOCATION],
    "partialFingerprints": {"resourceProperty/v1": str},
    "suppressions": [{"kind!": {"inSource", "external"}, "justification": str}],
}
NOTIFICATION: Final = {
    "level": {"none", "note", "warning", "error"},
    "message!": TEXT,
    "associatedRule": {"id!": str},
}
LOG: Final = {
    "$schema": str,
    "version!": {"2.1.0"},
    "runs!": [
        {
            "tool!": {"driver!": {"name!": str, "semanticVersion": str, "rules": [RULE]}},
            "columnKind": {"unicodeCodePoints"},
            "invocations": [{"executionSuccessful!": bool, "toolConfigurationNotifications": [NOTIFICATION]}],
            "results": [RESULT],
            "properties": {"stack": str, "region": str},
        }
    ],
}
"""The objects as the schema has them: no other key is allowed, one with `!` is required, a set is an enumeration."""

BUCKET: Final = "aws:s3/bucket:Bucket"
URN: Final = f"urn:pulumi:dev::longrun::{BUCKET}::data"


def problems(value: object, shape: object, path: str = "") -> list[str]:
    match shape:
        case dict():
            assert isinstance(value, dict), path
            known = {key.removesuffix("!"): member for key, member in shape.items()}
            absent = [key for key in shape if key.endswith("!") and key.removesuffix("!") not in value]
            foreign = value.keys() - known.keys()
            inner = [each for key in value.keys() & known for each in problems(value[key], known[key], f"{path}/{key}")]
            return [*(f"{path}: {key}" for key in (*absent, *foreign)), *inner]
        case [member]:
            assert isinstance(value, list), path
            return [each for index, item in enumerate(value) for each in problems(item, member, f"{path}/{index}")]
        case set():
            return [] if value in shape else [f"{path}: {value}"]
        case type():
            return [] if isinstance(value, shape) else [f"{path}: {value!r}"]
    return [path]


def check(_: Resource) -> Iterable[Finding]:
    yield Finding(property="acl", value="bad", allowed="good", why="Because", fix="Mend it")


def rule(name: str, severity: Severity) -> ResourceRule:
    return ResourceRule(
        name=name,
        description=f"Buckets are {name}.",
        remediation=f"Make them {name}.",
        severity=severity,
        types=frozenset({BUCKET}),
        check=check,
    )


RULES = (rule("private", Severity.MANDATORY), rule("named", Severity.ADVISORY))


def run(document: Mapping[str, Any] | None = None) -> dict[str, Any]:
    configured = configuration(document, RULES) if document else Configuration()
    bucket: Registration = {"type": BUCKET, "name": "data", "urn": URN, "parent": None, "properties": {}}
    report = judge([bucket], "us-east-1", configured, RULES)
    log = sarif(report, RULES, configured, "0.1.0", {"stack": "dev", "region": "us-east-1"})
    assert problems(log, LOG) == []
    (only,) = log["runs"]
    assert isinstance(only, dict)
    return only


def test_rules_come_with_their_demand_their_remedy_and_their_level() -> None:
    private, named = run()["tool"]["driver"]["rules"]

    assert private == {
        "id": "private",
        "shortDescription": {"text": "Buckets are private."},
        "help": {"text": "Make them private."},
        "defaultConfiguration": {"enabled": True, "level": "error"},
    }
    assert named["defaultConfiguration"] == {"enabled": True, "level": "warning"}


def test_violation_is_located_at_its_resource_and_property() -> None:
    result, advice = run()["results"]

    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("private", 0, "error")
    assert (advice["ruleId"], advice["ruleIndex"], advice["level"]) == ("named", 1, "warning")
    assert result["message"]["text"].startswith(f"{BUCKET} 'data': acl is bad; allowed: good.")
    (location,) = result["locations"]
    assert location["logicalLocations"] == [
        {"name": "data", "fullyQualifiedName": URN, "kind": "resource"},
        {"name": "acl", "fullyQualifiedName": f"{URN}#acl", "kind": "property"},
    ]


def test_results_of_different_rules_have_different_fingerprints_which_stay() -> None:
    first, again = ([result["partialFingerprints"] for result in run()["results"]] for _ in range(2))

    assert first == again
    assert first[0] != first[1]


def test_level_of_the_policy_configuration_is_that_of_rule_and_results() -> None:
    found = run({"private": "advisory", "named": "disabled"})

    private, named = found["tool"]["driver"]["rules"]
    assert [result["level"] for result in found["results"]] == ["warning"]
    assert private["defaultConfiguration"] == {"enabled": True, "level": "warning"}
    assert named["defaultConfiguration"]["enabled"] is False


def test_suppressed_violation_is_a_suppressed_result_with_the_reason() -> None:
    found = run({"private": {"exceptions": [{"resource": "data", "reason": "a demo"}]}})

    suppressions = {result["ruleId"]: result.get("suppressions") for result in found["results"]}
    assert suppressions == {"private": [{"kind": "external", "justification": "a demo"}], "named": None}


def test_exception_that_suppresses_nothing_is_a_notification() -> None:
    found = run({"private": {"exceptions": [{"resource": "gone", "reason": "a demo"}]}})

    (notification,) = found["invocations"][0]["toolConfigurationNotifications"]
    assert notification["message"]["text"] == "The exception from private for 'gone' suppresses nothing."
    assert notification["associatedRule"] == {"id": "private"}
