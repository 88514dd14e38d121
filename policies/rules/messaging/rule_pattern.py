"""An event rule's pattern: JSON of the form that EventBridge takes, and no longer than it takes."""

from collections.abc import Iterator
from typing import Final

from policies.rules.aws_limits.messaging import EVENT_OPERATORS, EVENT_PATTERN_CHARACTERS
from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.json_finding import json_finding
from policies.rules.messaging.resources.events import RULE_TYPE
from policies.rules.messaging.resources.pattern import form_problems
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import format_number, lookup

_PROPERTY: Final = "eventPattern"
_REJECTED: Final = "EventBridge rejects the rule with InvalidEventPatternException"


def _check(rule: Resource) -> Iterator[Finding]:
    given = lookup(rule.properties, _PROPERTY)
    if isinstance(given, str) and len(given) > EVENT_PATTERN_CHARACTERS:
        yield Finding(
            property=_PROPERTY,
            value=f"a text of {len(given):,} characters",
            allowed=f"{format_number(EVENT_PATTERN_CHARACTERS)} characters",
            why=_REJECTED,
            fix="Ask for less, and let the target look at the rest",
        )
        return
    malformed = json_finding(rule.properties, _PROPERTY, rejected=_REJECTED) if given != "" else None
    if malformed is not None:
        yield malformed
        return
    pattern = document(given)
    for path, problem in form_problems(pattern) if pattern is not None else ():
        yield Finding(
            property=f"{_PROPERTY}.{path}" if path else _PROPERTY,
            value=problem,
            allowed=f"lists of values, or of objects with {', '.join(sorted(EVENT_OPERATORS))}",
            why=_REJECTED,
            fix='Write what may match as a list: {"source": ["longrun"]}',
        )


RULE = ResourceRule(
    name="eventbridge-rule-pattern",
    description="An event rule's pattern is JSON of EventBridge's form, of at most 4,096 characters.",
    remediation='Write a JSON object of lists, for example {"source": ["longrun"], "detail-type": ["RunRequested"]}.',
    types=frozenset({RULE_TYPE}),
    check=_check,
)
