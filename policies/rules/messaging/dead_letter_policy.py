"""A target's dead-letter queue that lets EventBridge in: else failed events are lost after all."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.messaging.resources.admission import ADMITTED_BY, may_admit
from policies.rules.messaging.resources.events import SERVICE
from policies.rules.messaging.resources.queue import QUEUE, TARGET
from policies.rules.references import referred
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import lookup


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for target in stack.of_type(TARGET):
        arn = lookup(target.properties, "deadLetterConfig", "arn")
        queue = referred(target, "deadLetterConfig", arn, stack.of_type(QUEUE))
        if queue is not None and not may_admit(stack, queue, SERVICE):
            yield (
                target,
                Finding(
                    property="deadLetterConfig.arn",
                    value=f"'{queue.name}', which does not let EventBridge in",
                    allowed=ADMITTED_BY[QUEUE].format(service=SERVICE),
                    why="EventBridge cannot write there, and drops undeliverable events without notice",
                    fix="Add a QueuePolicy for events.amazonaws.com with the rule's ARN as source",
                ),
            )


RULE = StackRule(
    name="eventbridge-dead-letter-policy",
    description="A target's dead-letter queue lets EventBridge write into it.",
    remediation="Add a QueuePolicy that allows events.amazonaws.com sqs:SendMessage, with the rule's ARN as source.",
    check=_check,
)
