"""How often a message is tried before Lambda's reader gives it up: throttled reads count too."""

from collections.abc import Iterable

from policies.rules.aws_limits.messaging import LAMBDA_RECEIVE_COUNT, RECEIVE_COUNT
from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.messaging.queue_redrive import receive_count
from policies.rules.messaging.resources.queue import MAPPING, QUEUE, readers, redrives
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.values import format_number, lookup


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for queue in stack.of_type(QUEUE):
        mappings = [reader for reader in readers(stack, queue) if reader.type == MAPPING]
        for holder in redrives(stack, queue) if mappings else ():
            count = receive_count(document(lookup(holder.properties, "redrivePolicy")) or {})
            if count is not None and RECEIVE_COUNT.minimum <= count < LAMBDA_RECEIVE_COUNT:
                yield (
                    holder,
                    Finding(
                        property="redrivePolicy.maxReceiveCount",
                        value=f"{format_number(count)}, while '{mappings[0].name}' reads the queue",
                        allowed=f"{LAMBDA_RECEIVE_COUNT} or more",
                        why="A message whose function is throttled counts as tried, and is discarded without a try",
                        fix=f"Set maxReceiveCount to {LAMBDA_RECEIVE_COUNT} or more",
                    ),
                )


RULE = StackRule(
    name="sqs-queue-receive-count",
    description="A queue that a function reads tries a message at least five times.",
    remediation="Set maxReceiveCount of the redrive policy to 5 or more.",
    severity=Severity.ADVISORY,
    check=_check,
)
