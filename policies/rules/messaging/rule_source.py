"""Which events a rule asks for: those of a source or a kind, not whatever comes along."""

from collections.abc import Iterable

from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.messaging.events import RULE_TYPE
from policies.rules.messaging.pattern import names_source
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import lookup


def _check(rule: Resource) -> Iterable[Finding]:
    pattern = document(lookup(rule.properties, "eventPattern"))
    if not pattern or names_source(pattern):
        return []
    return [
        Finding(
            property="eventPattern",
            value=f"without source and detail-type, on {', '.join(sorted(pattern))} alone",
            allowed="a pattern with source or detail-type",
            why="Events of any publisher fit, those that the target's own work causes too, and start it again",
            fix="Add the source and the detail-type that are meant",
        )
    ]


RULE = ResourceRule(
    name="eventbridge-rule-source",
    description="An event rule's pattern says from which source, or of which kind, its events are.",
    remediation="Add source and detail-type to the pattern.",
    severity=Severity.ADVISORY,
    types=frozenset({RULE_TYPE}),
    check=_check,
)
