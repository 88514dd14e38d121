"""A queue that is read has a way out for messages that cannot be handled."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.messaging.resources.queue import QUEUE, may_redrive, may_take_failures, readers
from policies.rules.rule import Resource, Severity, Stack, StackRule


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for queue in stack.of_type(QUEUE):
        reading = readers(stack, queue)
        if reading and not may_redrive(stack, queue) and not may_take_failures(stack, queue):
            yield (
                queue,
                Finding(
                    property="redrivePolicy",
                    value=f"unset, while '{reading[0].name}' reads the queue",
                    allowed="a dead-letter queue and the number of tries before a message goes there",
                    why="A message that its reader cannot handle comes back for days, and is then lost without notice",
                    fix="Add a second queue, and name it in redrivePolicy with maxReceiveCount 5",
                ),
            )


RULE = StackRule(
    name="sqs-queue-dead-letter",
    description="A queue that is read sends messages that cannot be handled to a dead-letter queue, or is one itself.",
    remediation="Set redrive_policy with deadLetterTargetArn and maxReceiveCount.",
    severity=Severity.ADVISORY,
    check=_check,
)
