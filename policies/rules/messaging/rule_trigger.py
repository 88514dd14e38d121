"""What sets an event rule off: a pattern or a schedule."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.messaging.events import RULE_TYPE
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup


def _check(rule: Resource) -> Iterable[Finding]:
    if lookup(rule.properties, "eventPattern") or lookup(rule.properties, "scheduleExpression"):
        return []
    return [
        Finding(
            property="eventPattern",
            value="unset, and so is scheduleExpression",
            allowed="a pattern or a schedule",
            why="EventBridge refuses a rule that nothing sets off with a ValidationException",
            fix="Set eventPattern to a JSON object with source and detail-type",
        )
    ]


RULE = ResourceRule(
    name="eventbridge-rule-trigger",
    description="An event rule has a pattern or a schedule.",
    remediation="Set event_pattern or schedule_expression.",
    types=frozenset({RULE_TYPE}),
    check=_check,
)
