"""The times and sizes of a queue, in the ranges that SQS accepts."""

from collections.abc import Iterator

from policies.rules.aws_limits.messaging import QUEUE_RANGES
from policies.rules.finding import Finding
from policies.rules.messaging.resources.queue import QUEUE
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import format_number, number


def _check(queue: Resource) -> Iterator[Finding]:
    for prop, accepted in QUEUE_RANGES.items():
        value = number(queue.properties, prop)
        if value is not None and not accepted.allows(value):
            yield Finding(
                property=prop,
                value=format_number(value),
                allowed=str(accepted),
                why="SQS rejects the queue with InvalidAttributeValue",
                fix=f"Choose a value in the range, or leave {prop} out",
            )


RULE = ResourceRule(
    name="sqs-queue-limits",
    description="Retention, visibility, delay, waiting time and message size of a queue are in SQS's ranges.",
    remediation="Keep messages 60 s to 14 days, hide them at most 12 hours, delay them at most 15 minutes.",
    types=frozenset({QUEUE}),
    check=_check,
)
