"""The name of a queue, which shows whether it is FIFO."""

from collections.abc import Iterator

from policies.rules.aws_limits.messaging import QUEUE_NAME
from policies.rules.finding import Finding
from policies.rules.messaging.resources.fifo_name import name_findings
from policies.rules.messaging.resources.queue import QUEUE
from policies.rules.rule import Resource, ResourceRule


def _check(queue: Resource) -> Iterator[Finding]:
    return name_findings(
        queue, flag="fifoQueue", names=QUEUE_NAME, rejected="SQS rejects the queue with InvalidParameterValue"
    )


RULE = ResourceRule(
    name="sqs-queue-name",
    description="A queue's name has at most 80 characters, and ends in .fifo if the queue is FIFO.",
    remediation="Leave the name to Pulumi, or end it in .fifo together with fifo_queue=True.",
    types=frozenset({QUEUE}),
    check=_check,
)
