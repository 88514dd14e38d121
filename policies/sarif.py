"""A report as SARIF 2.1.0, the format in which code scanning services take the findings of a tool."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from policies.check import Report, Violation
from policies.configuration import Configuration
from policies.rules.rule import Rule, Severity

VERSION: Final = "2.1.0"
SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
PROGRAM: Final = "__main__.py"
"""Services show a finding at a file; every resource is registered by this one, which is relative to the repository."""

_LEVELS: Final = {Severity.MANDATORY: "error", Severity.ADVISORY: "warning"}


def sarif(
    report: Report, rules: Sequence[Rule], configuration: Configuration, version: str, properties: Mapping[str, object]
) -> dict[str, Any]:
    """The SARIF document of a report over `rules`, all of those that were judged or switched off by `configuration`.
    `version` is the tool's, `properties` describe what was checked: the stack, its region."""
    indices = {rule.name: index for index, rule in enumerate(rules)}
    shown = [_result(violation, indices) for violation in report.violations]
    suppressed = [
        _result(each.violation, indices) | {"suppressions": [{"kind": "external", "justification": each.reason}]}
        for each in report.suppressed
    ]
    driver = {
        "name": "longrun",
        "semanticVersion": version,
        "rules": [_rule(rule, configuration) for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolConfigurationNotifications": _notifications(report)}],
        "results": shown + suppressed,
        "properties": dict(properties),
    }
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def _rule(rule: Rule, configuration: Configuration) -> dict[str, Any]:
    severity = configuration.severity(rule)
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.description},
        "help": {"text": rule.remediation},
        "defaultConfiguration": {"enabled": severity is not None, "level": _LEVELS[severity or rule.severity]},
    }


def _result(violation: Violation, indices: Mapping[str, int]) -> dict[str, Any]:
    identity = f"{violation.rule}\n{violation.urn}\n{violation.property}"
    resource = {"name": violation.urn.rpartition("::")[2], "fullyQualifiedName": violation.urn, "kind": "resource"}
    prop = {
        "name": violation.property,
        "fullyQualifiedName": f"{violation.urn}#{violation.property}",
        "kind": "property",
    }
    return {
        "ruleId": violation.rule,
        "ruleIndex": indices[violation.rule],
        "level": _LEVELS[violation.severity],
        "message": {"text": violation.message},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": PROGRAM}}, "logicalLocations": [resource, prop]}
        ],
        "partialFingerprints": {"resourceProperty/v1": hashlib.sha256(identity.encode()).hexdigest()},
    }


def _notifications(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "level": "warning",
            "message": {"text": f"The exception from {rule} for '{exemption.resource}' suppresses nothing."},
            "associatedRule": {"id": rule},
        }
        for rule, exemption in report.unused
    ]
