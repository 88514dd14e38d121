"""How many targets a rule has: five, and no quota to raise."""

from collections.abc import Iterable

from policies.rules.aws_limits.messaging import EVENT_TARGETS
from policies.rules.finding import Finding
from policies.rules.messaging.resources.events import RULE_TYPE
from policies.rules.messaging.resources.queue import TARGET
from policies.rules.references import companions
from policies.rules.rule import Resource, Stack, StackRule


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for rule in stack.of_type(RULE_TYPE):
        targets = companions(stack, (TARGET,), "rule", rule).known
        if len(targets) > EVENT_TARGETS:
            yield (
                rule,
                Finding(
                    property="targets",
                    value=f"{len(targets)} of them",
                    allowed=f"{EVENT_TARGETS} for one rule",
                    why="EventBridge rejects further targets with LimitExceededException",
                    fix="Add a second rule with the same pattern, or publish to a topic that fans out",
                ),
            )


RULE = StackRule(
    name="eventbridge-rule-targets",
    description="An event rule has at most five targets.",
    remediation="Add a second rule with the same pattern.",
    check=_check,
)
