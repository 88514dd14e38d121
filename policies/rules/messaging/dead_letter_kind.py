"""Dead-letter queues of the right kind: standard for services, and of the queue's own kind for a queue."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.messaging.resources.queue import QUEUE, Failing, failing_into
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import UNKNOWN, lookup


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for queue in stack.of_type(QUEUE):
        for failing in failing_into(stack, queue):
            finding = _finding(queue, failing)
            if finding is not None:
                yield failing.resource, finding


def _finding(queue: Resource, failing: Failing) -> Finding | None:
    given = lookup(queue.properties, "fifoQueue")
    # Another resource defines whether the topic of a subscription or the queue of a redrive policy is FIFO.
    if failing.path == "redrivePolicy" and failing.resource.type != QUEUE:
        return None
    wanted = lookup(failing.resource.properties, "fifoQueue") is True if failing.resource.type == QUEUE else False
    if UNKNOWN in (given, lookup(failing.resource.properties, "fifoQueue")) or (given is True) is wanted:
        return None
    return Finding(
        property=failing.path,
        value=f"the {'FIFO' if given is True else 'standard'} queue '{queue.name}'",
        allowed="a FIFO queue, as this queue is one" if wanted else "a standard queue",
        why="AWS rejects a dead-letter queue of the other kind, or fails to deliver into it",
        fix=f"Use a queue {'with' if wanted else 'without'} fifoQueue",
    )


RULE = StackRule(
    name="sqs-dead-letter-kind",
    description="Failures of services go into a standard queue, those of a queue into one of its own kind.",
    remediation="Take a standard queue, and a FIFO queue only for a FIFO queue.",
    check=_check,
)
