"""How many readers a log group has: two, and no quota to raise."""

from collections.abc import Iterable

from policies.rules.aws_limits.logs import SUBSCRIPTIONS
from policies.rules.finding import Finding
from policies.rules.logs.group import LOG_GROUP, SUBSCRIPTION
from policies.rules.references import companions
from policies.rules.rule import Resource, Stack, StackRule


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for group in stack.of_type(LOG_GROUP):
        readers = companions(stack, (SUBSCRIPTION,), "logGroup", group).known
        if len(readers) > SUBSCRIPTIONS:
            yield (
                group,
                Finding(
                    property="subscriptionFilters",
                    value=f"{len(readers)} of them",
                    allowed=f"{SUBSCRIPTIONS} for one log group",
                    why="CloudWatch rejects further ones with LimitExceededException",
                    fix="Send the log to one stream, and let its readers share it",
                ),
            )


RULE = StackRule(
    name="log-group-subscriptions",
    description="A log group has at most two subscription filters.",
    remediation="Send the log to one stream or firehose that fans out.",
    check=_check,
)
